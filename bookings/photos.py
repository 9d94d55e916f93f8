"""Photographs as people send them from a camera: looked through, turned upright, made small, made anew.

Nothing of the file that was sent is kept but its pixels: no place where it was taken, no owner's name, no
bytes that could be anything else.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""A camera's picture; above it somebody wants our memory."""
LONGEST_SIDE = 1600
QUALITY = 84
READABLE = ["JPEG", "PNG", "WEBP"]
PHONE_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}


class NotAPhoto(ValidationError):
    """A file that can't be kept as a photograph, and why."""


@dataclass(frozen=True)
class Picture:
    """A JPEG of our own making."""

    data: bytes
    width: int
    height: int


def read(file: IO[bytes] | Any) -> Picture:
    """The photograph in an uploaded file; `NotAPhoto` says what is wrong with it."""
    if (getattr(file, "size", 0) or 0) > MOST_BYTES:
        raise NotAPhoto(_("This photograph is larger than 8 MB. Take it in a smaller size."))
    file.seek(0)
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise NotAPhoto(_("This photograph is larger than 8 MB. Take it in a smaller size."))
    if not raw:
        raise NotAPhoto(_("This file is empty. Take the photograph again."))
    if raw[4:8] == b"ftyp" and raw[8:12] in PHONE_BRANDS:
        raise NotAPhoto(
            _(
                "This is a HEIC picture, which browsers can't show. On the iPhone choose Settings, Camera, "
                "Formats, “Most compatible”, and take it again."
            )
        )
    return made_anew(raw)


def made_anew(raw: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(raw), formats=READABLE) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NotAPhoto(_("This picture has more than 50 million dots. Take it in a smaller size."))
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is made smaller while it is read
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            flat = on_white(ImageOps.exif_transpose(image))
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise NotAPhoto(_("This is not a photograph that we can read. JPEG, PNG and WebP are.")) from error
    except BROKEN as error:
        raise NotAPhoto(_("This photograph is damaged. Take it again.")) from error
    made = io.BytesIO()
    flat.save(made, "JPEG", quality=QUALITY, optimize=True)
    return Picture(made.getvalue(), flat.width, flat.height)


BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, struct.error, zlib.error)
"""What the readers of pictures raise for files that break off or contradict themselves."""


def on_white(image: Image.Image) -> Image.Image:
    """In plain colours, without what rode along; what was see-through lies on white."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        see_through = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(see_through, mask=see_through.getchannel("A"))
        return ground
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain
