"""A folder as bytes, to be sent to where it is read."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from analysis.cache import digest

# Folders unpacked in one place: the data or the notebooks of the editions that calls come from just now.
KEPT = 4


@dataclass(frozen=True)
class Parcel:
    """A folder: its name, its files as a zip archive, and the digest of that."""

    name: str
    content: bytes
    key: str


def packed(folder: Path) -> Parcel:
    """Pack the files of a folder and of the folders in it.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    Parcel
        The same for the same names and contents.
    """
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
    content = found.getvalue()
    return Parcel(folder.name, content, digest(folder.name, content))


def unpacked(parcel: Parcel, place: Path) -> Path:
    """Unpack a folder in a place of its own, unless it is there, and remove those used longest ago.

    Parameters
    ----------
    parcel
        The folder.
    place
        Where folders are unpacked, and nothing else is.

    Returns
    -------
    Path
        The folder, with nothing but what was made of it beside it.
    """
    own = place / parcel.key
    if not own.exists():
        used = sorted(place.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in used[KEPT - 1 :]:
            shutil.rmtree(path)
        with zipfile.ZipFile(io.BytesIO(parcel.content)) as archive:
            archive.extractall(own / parcel.name)
    os.utime(own)
    return own / parcel.name
