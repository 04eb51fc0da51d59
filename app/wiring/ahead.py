"""What the next question will need, asked for while nobody waits for it.

Who moves a limit in minutes asks one question after the other, and every few minutes of the limit
need a reach of their own, see valhalla.py. No answer depends on whether it was asked for ahead.
"""

from concurrent.futures import ThreadPoolExecutor

from app.find.ground import Ground
from app.find.pipeline import minute_limits
from app.find.question import Question
from app.geo.driving.embedded.valhalla import Valhalla

WIDEST_MIN = 60.0  # as far as the page lets a limit be moved


class LookAhead:
    """Asks embedded engines for the reaches of other limits, in a thread of its own.

    Of several questions the last one counts. What fails is left to the question that needs it.
    Safe for threads.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._last: object = None

    def look(self, ground: Ground, question: Question) -> None:
        """Begin, unless the same home bases were asked from last."""
        places = [(one.region, one.address_stamp, one.start) for one in ground.each]
        asked = (places, question.how)
        if asked != self._last:
            self._last = asked
            self._pool.submit(self._work, asked, ground, question)

    def _work(self, asked: object, ground: Ground, question: Question) -> None:
        limits = minute_limits(question.spot)
        engines = [(one, one.engine) for one in ground.each if isinstance(one.engine, Valhalla)]
        for one, engine in engines:
            for _ in engine.reaches_ahead(one.start, limits, WIDEST_MIN, question.how.judged):
                if asked != self._last:
                    return

    def close(self) -> None:
        """Ends with the reach that is being asked for."""
        self._last = None
        self._pool.shutdown(cancel_futures=True)
