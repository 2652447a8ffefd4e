"""Draw every picture that is not there yet, over all cores, and say how far it is."""

import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from generators.pictures.picture import PLACE, Picture, keep, place
from generators.pictures.png import check, to_png


def draw_all(pictures: Iterable[Picture], root: Path, say: Callable[[str], None], workers: int | None = None) -> int:
    """Draw what is missing from the cache below `root`; return how many were drawn.

    Raises `BookError` where the library or the font is missing, unless nothing has to be drawn.
    """
    wanted = {place(picture, root): picture for picture in pictures}
    stale = {path: picture for path, picture in wanted.items() if not path.is_file()}
    if not stale:
        say(f"all {len(wanted)} pictures are current; nothing was drawn")
        return 0
    check()
    say(f"drawing {len(stale)} of {len(wanted)} pictures into {PLACE.as_posix()}/")
    with ProcessPoolExecutor(workers or os.cpu_count(), initializer=_quiet) as pool:
        jobs = [pool.submit(_draw, path, picture) for path, picture in stale.items()]
        try:
            for done, job in enumerate(as_completed(jobs), 1):
                job.result()
                if done * 10 // len(jobs) > (done - 1) * 10 // len(jobs):
                    say(f"drew {done} of {len(jobs)}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return len(stale)


def _quiet() -> None:
    """Leave an interrupt to the process that asked for the pictures; it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _draw(path: Path, picture: Picture) -> None:
    keep(path, to_png(picture))
