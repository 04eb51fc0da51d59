"""`sweetspot list`: what a list is, before it is used."""

from typing import Annotated

import typer

from app.cli.base import Json, MappingFiles, list_app, local_file, with_mapping_files, with_options
from app.find.options import PlaceOptions


@list_app.command("preview")
@with_options(PlaceOptions)
@with_mapping_files
def list_preview(
    asked: PlaceOptions,
    files: MappingFiles,
    source: Annotated[
        str, typer.Argument(metavar="LIST", help="File, any format of lists; - is a pipe.")
    ],
    json: Json = False,
) -> None:
    """Whose form LIST has, what its columns will mean, three of its rows, and what is wrong."""
    from app.cli.list_output import show_preview
    from app.cli.output import print_json
    from app.lists.preview import preview_list

    columns = files.columns(asked)
    with local_file(source) as path:
        preview = preview_list(path, columns, asked.place)
        document = preview.document()
    files.write(document["mapping"])
    if json:
        print_json(document)
    else:
        show_preview(document)
