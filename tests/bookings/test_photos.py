"""Photographs of gowns: whatever is sent, a small clean JPEG comes out, or a kind sentence."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bookings.photos import LONGEST_SIDE, MOST_BYTES, NotAPhoto, read


def encoded(image: Image.Image, form: str = "JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def sent(data: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


def opened(picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    assert image.format == "JPEG"
    assert image.mode == "RGB"
    assert image.size == (picture.width, picture.height)
    return image


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(40, 30), (3000, 1500), (1500, 3000)])
def test_what_cameras_make_becomes_a_jpeg_of_at_most_1600_dots(form, size) -> None:
    image = opened(read(sent(encoded(Image.new("RGB", size, "ivory"), form))))
    assert max(image.size) == min(max(size), LONGEST_SIDE)
    assert (image.width > image.height) == (size[0] > size[1])


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "1"])
def test_every_kind_of_png_is_read(mode) -> None:
    opened(read(sent(encoded(Image.new(mode, (30, 20)), "PNG"))))


def test_a_cmyk_jpeg_is_read() -> None:
    opened(read(sent(encoded(Image.new("CMYK", (30, 20))))))


def test_what_is_see_through_lies_on_white() -> None:
    image = opened(read(sent(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))))
    assert image.getpixel((10, 10)) == (255, 255, 255)


def test_the_camera_was_turned_and_the_place_is_nobodys_business() -> None:
    """The picture stands upright, and nothing that the camera wrote beside it is kept."""
    picture = Image.new("RGB", (60, 40), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Studio Camera of 李娜"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 0.0)
    result = read(sent(encoded(picture, exif=exif, comment=b"secret words")))
    image = opened(result)
    assert image.size == (40, 60)
    assert not image.getexif()
    assert b"secret words" not in result.data
    assert b"Exif" not in result.data


def test_script_hidden_in_a_picture_does_not_come_through() -> None:
    data = encoded(Image.new("RGB", (20, 20))) + b"<script>alert(1)</script>"
    assert b"script" not in read(sent(data)).data


def test_heic_is_refused_with_what_to_do() -> None:
    data = struct.pack(">I", 24) + b"ftypheic" + b"\0" * 200
    with pytest.raises(NotAPhoto, match="Most compatible"):
        read(sent(data, "IMG_1.HEIC"))


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"GIF89a" + b"\0" * 50,
        b"MZ\0\0",
        b"\0" * 900,
    ],
)
def test_what_is_no_photograph_is_refused_whatever_it_is_called(data) -> None:
    with pytest.raises(NotAPhoto, match="JPEG, PNG and WebP"):
        read(sent(data, "photo.jpg"))


def test_an_empty_file_and_one_too_large_are_refused() -> None:
    with pytest.raises(NotAPhoto, match="empty"):
        read(sent(b""))
    with pytest.raises(NotAPhoto, match="8 MB"):
        read(sent(encoded(Image.new("RGB", (9, 9))) + b"\0" * MOST_BYTES))


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    """Twenty thousand dots square, in a file of a few kilobytes."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def bomb(side):
        head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        rows = zlib.compress(b"\0" * 100_000)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    for side in (9_000, 20_000, 2_000_000_000):
        with pytest.raises(NotAPhoto):
            read(sent(bomb(side)))


def test_a_photograph_that_breaks_off_is_refused() -> None:
    whole = encoded(Image.effect_noise((400, 400), 90).convert("RGB"))
    with pytest.raises(NotAPhoto, match="Take it again"):
        read(sent(whole[: len(whole) // 2]))


WHOLE = {
    form: encoded(Image.effect_noise((64, 48), 90).convert("RGB"), form) for form in ("JPEG", "PNG", "WEBP")
}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    form=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=12),
    cut=st.integers(0, 4000),
)
def test_whatever_is_broken_in_a_file_it_is_a_picture_or_a_sentence(form, changes, cut) -> None:
    data = bytearray(WHOLE[form])
    for place, value in changes:
        data[place % len(data)] = value
    try:
        opened(read(sent(bytes(data[: max(1, len(data) - cut)]))))
    except NotAPhoto as refusal:
        assert refusal.messages
