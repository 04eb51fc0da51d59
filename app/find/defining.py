"""How an option is defined: its row of the table, the kinds of values, and what is said of it.

The command line's parameters, the API's models and docs/reference.md are made of such models, so
nothing heavier than pydantic is imported here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from app.errors import BadQuestion

LONGEST_HOME = 500  # judgement: letters of an address
MOST_NUMBER = 2**31 - 1  # what an array's index and both databases hold
MOST_HOMES = 8  # judgement: vans or offices of one firm; each has its own engine's drives


def _or_say(expected: str) -> WrapValidator:
    """One sentence in place of what each member of a union has to complain of."""

    def check(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as why:
            said = {"expected": expected, "value": repr(value)[:80]}
            raise PydanticCustomError("option", "expected {expected}, got {value}", said) from why

    return WrapValidator(check)


def _only_text(value: Any) -> Any:
    """What a query gives once is no list."""
    match value:
        case [str() as text]:
            return text
    return value


def _words(value: Any) -> Any:
    """A list of words, or words with commas between."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return value
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def _home_bases(value: Any) -> Any:
    """One or several, each once; a text longer than any address is said to be."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return value
    if any(len(text) > LONGEST_HOME for text in texts):
        raise _fault(f"String should have at most {LONGEST_HOME} characters")
    each = list(dict.fromkeys(text.strip() for text in texts))
    if not 1 <= len(each) <= MOST_HOMES:
        raise _fault(f"Expected 1 to {MOST_HOMES} home bases, got {len(each)}")
    return each


def _fault(said: str) -> PydanticCustomError:
    return PydanticCustomError("option", "{said}", {"said": said})


def _folded(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value


type Number = Annotated[float, Field(allow_inf_nan=False)]
type Pair = tuple[Number | None, Number | None]
# One limit: "30-50", "50" (up to), "10+", "off"; 50; [30, 50], an open end null.
Limit = Annotated[
    Number | Pair | str | None,
    _or_say("a limit such as 50, [30, 50] (an open end null), '30-50' or 'off'"),
    BeforeValidator(_only_text),
]
Words = Annotated[list[str], BeforeValidator(_words)]
_Home: JsonDict = {"type": "string", "maxLength": LONGEST_HOME}
_Each: JsonDict = {"type": "array", "items": _Home, "minItems": 1, "maxItems": MOST_HOMES}
Homes = Annotated[
    list[str], BeforeValidator(_home_bases), WithJsonSchema({"anyOf": [_Home, _Each]})
]
Factor = Annotated[float, Field(ge=0.5, le=5)]
Traffic = Annotated[
    Factor | Literal["fitted"],
    _or_say("a factor from 0.5 to 5 such as 1.3, or fitted"),
    BeforeValidator(_folded),
]


Sort = Literal[
    "list", "minutes", "-minutes", "miles", "-miles", "name", "-name", "employees", "-employees",
    "computers", "-computers", "sales", "-sales", "like", "-like",
]  # fmt: skip
SORTS: tuple[str, ...] = get_args(Sort)
SORTED = (
    "minutes, miles, name, employees, computers, sales or like (the most alike first), with - in "
    "front from the other end; unknown ones come last."
)


def define_option(
    default: Any, text: str, *, example: Any = None, shown: str = "", **bounds: Any
) -> Any:
    """One option's row of the table. `...` as default: it has to be given.

    `shown`: the default in words, where the value itself does not say it.
    """
    extra: JsonDict | None = {"x-default": shown} if shown else None
    examples = None if example is None else [example]
    return Field(default, description=text, examples=examples, json_schema_extra=extra, **bounds)


class Options(BaseModel):
    """Options that belong together; a name that none of them has is refused."""

    model_config = ConfigDict(extra="forbid")

    def over(self, saved: "Options | None") -> Self:
        """These over saved ones: what was given here stays, the rest is as it was saved."""
        given = {} if saved is None else {n: getattr(saved, n) for n in saved.model_fields_set}
        return self.model_copy(
            update={name: v for name, v in given.items() if name not in self.model_fields_set}
        )

    def narrowed[T: Options](self, model: type[T]) -> T:
        """What was given of that model's options alone."""
        given = self.model_fields_set & model.model_fields.keys()
        return model(**{name: getattr(self, name) for name in given})


def default_text(field: FieldInfo) -> str:
    """An option's default as people read it; "" for one that has to be given."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "x-default" in extra:
        return str(extra["x-default"])
    match field.default:
        case bool() as on:
            return "on" if on else "off"
        case float() as number:
            return f"{number:g}"
        case list() as values:
            return ", ".join(f"{value:g}" for value in values)
    return "" if field.is_required() else str(field.default)


def value_text(field: FieldInfo) -> str:
    """What an option takes: its words, or an example."""
    if get_origin(field.annotation) is Literal:
        return "|".join(get_args(field.annotation))
    return str(field.examples[0]) if field.examples else f"{field.default:g}"


def is_repeatable(field: FieldInfo) -> bool:
    """Whether an option may be given several times."""
    return field.annotation == list[str] or isinstance(field.default, list)


def check_options[T: Options](model: type[T], given: Mapping[str, object]) -> T:
    """The options with those values. Raises BadQuestion naming the first one that is wrong."""
    try:
        return model(**given)
    except ValidationError as why:
        name, said = first_fault(why.errors())
        raise BadQuestion(f"{name}: {said}", field=name) from why


def first_fault(errors: Sequence[Any]) -> tuple[str, str]:
    """The name and what is wrong with it, of the first of pydantic's errors."""
    first = errors[0]
    name = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "extra_forbidden":
            return name, "there is no such option"
        case "missing":
            return name, "it has to be given"
        case "literal_error":
            return name, f"expected {first['ctx']['expected']}, got {first['input']!r}"
    return name, first["msg"][:1].lower() + first["msg"][1:]
