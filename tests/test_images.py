from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from reid_core import images
from reid_core.images import BadImage, check_size, decode, is_image_name, thumbnail, turned_and_cut, unreadable_kind


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def photo(width: int = 32, height: int = 48) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    channels = np.stack([rows * 5 % 256, columns * 7 % 256, (rows + columns) * 3 % 256], axis=-1)
    return Image.fromarray(channels.astype(np.uint8))


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_pictures_come_back_pixel_by_pixel(format: str) -> None:
    decoded = decode(encoded(photo(), format))
    assert decoded.mode == "RGB"
    assert np.array_equal(np.asarray(decoded), np.asarray(photo()))


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_lossy_pictures_come_back_nearly(format: str) -> None:
    grey = Image.new("RGB", (32, 48), (120, 130, 140))
    difference = np.asarray(decode(encoded(grey, format, quality=95))).astype(int) - np.asarray(grey)
    assert np.abs(difference).max() <= 4


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello, this is text", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"\xff\xd8\xff", "damaged|not a picture"),
        (b"\x89PNG\r\n\x1a\n", "damaged|not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage, match=reason):
        decode(data)


def test_a_jpeg_that_was_cut_short_is_refused() -> None:
    data = encoded(photo(320, 480), "JPEG")
    with pytest.raises(BadImage, match="damaged or cut short"):
        decode(data[: len(data) // 2])


def test_200_megapixels_are_refused_by_the_header_alone() -> None:
    data = png_that_claims(20_000, 10_000)
    assert len(data) < 100
    with pytest.raises(BadImage, match="20000×10000 is 200 megapixels; 50 are allowed"):
        decode(data)


def test_a_file_over_the_size_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(photo(), "PNG")
    monkeypatch.setattr(images, "MAX_FILE_BYTES", len(data) - 1)
    with pytest.raises(BadImage, match="more than"):
        decode(data)


def test_a_size_limit_is_said_in_a_unit_that_tells_the_difference() -> None:
    with pytest.raises(BadImage, match=r"it has 195 kB, more than the 128 kB that are allowed"):
        check_size(200_000, 2**17)
    with pytest.raises(BadImage, match=r"it has 66 MB, more than the 64 MB that are allowed"):
        check_size(66 * 2**20, 64 * 2**20)


def test_an_animated_gif_is_not_an_accepted_format() -> None:
    frames = [Image.new("P", (8, 8), color) for color in (0, 1)]
    with pytest.raises(BadImage, match="a GIF picture; save it as JPEG or PNG"):
        decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))


def test_the_first_frame_of_an_animation_is_taken() -> None:
    red, blue = Image.new("RGB", (8, 8), (255, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 255))
    data = encoded(red, "WEBP", save_all=True, append_images=[blue], lossless=True)
    assert decode(data).getpixel((4, 4)) == (255, 0, 0)


def test_the_first_picture_of_a_phones_mpo_file_is_taken() -> None:
    red, blue = Image.new("RGB", (16, 16), (255, 0, 0)), Image.new("RGB", (16, 16), (0, 0, 255))
    data = encoded(red, "MPO", save_all=True, append_images=[blue])
    assert Image.open(io.BytesIO(data)).format == "MPO"
    assert np.asarray(decode(data))[8, 8, 0] > 245


@pytest.mark.parametrize(("orientation", "red_corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (-1, 0)), (8, (0, -1))])
def test_a_rotated_photo_is_turned_upright(orientation: int, red_corner: tuple[int, int]) -> None:
    # Orientation 6: the stored top left is the true top right. 8: the true bottom left. (Exif 2.3, tag 0x0112)
    stored = Image.new("RGB", (64, 32), (0, 0, 255))
    stored.paste((255, 0, 0), (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = decode(encoded(stored, "JPEG", exif=exif, quality=95))
    assert upright.size == ((32, 64) if orientation in (6, 8) else (64, 32))
    x, y = (4 if place == 0 else length - 5 for place, length in zip(red_corner, upright.size, strict=True))
    red, _, blue = np.asarray(upright)[y, x].tolist()
    assert red > 200
    assert blue < 60


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_exif_block_does_not_cost_the_photo() -> None:
    data = encoded(photo(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff garbage")
    assert decode(data).size == (32, 48)


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    white_ink = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    red, green, blue = np.asarray(decode(white_ink))[8, 8].tolist()
    assert red > 245
    assert green < 10
    assert blue < 10


def test_transparency_is_laid_on_white() -> None:
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 255))
    image.putpixel((2, 0), (0, 0, 0, 51))  # a fifth of black: 255 * 0.8 = 204
    assert np.asarray(decode(encoded(image, "PNG"))).tolist() == [[[255, 255, 255], [255, 0, 0], [204, 204, 204]]]


def test_a_transparent_palette_is_laid_on_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 10, 20, 30] + [0] * 762)
    image.putpixel((1, 0), 1)
    assert np.asarray(decode(encoded(image, "PNG", transparency=0))).tolist() == [[[255, 255, 255], [10, 20, 30]]]


def test_a_palette_becomes_its_colours() -> None:
    image = Image.new("P", (1, 1))
    image.putpalette([10, 20, 30] + [0] * 765)
    assert decode(encoded(image, "PNG")).getpixel((0, 0)) == (10, 20, 30)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_its_shades(format: str) -> None:
    image = Image.fromarray(np.array([[0, 0x4000, 0x8000, 0xFFFF]], dtype=np.uint16))
    assert np.asarray(decode(encoded(image, format)))[0, :, 0].tolist() == [0, 0x40, 0x80, 0xFF]


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_32_bit_pixels_are_refused(kind: type) -> None:
    with pytest.raises(BadImage, match="32-bit"):
        decode(encoded(Image.fromarray(np.zeros((4, 4), dtype=kind)), "TIFF"))


@pytest.mark.parametrize(("size", "expected"), [((100, 1024), (25, 256)), ((4096, 64), (512, 8)), ((40, 80), (40, 80))])
def test_thumbnails_are_small_jpegs_and_never_enlarged(size: tuple[int, int], expected: tuple[int, int]) -> None:
    small = Image.open(io.BytesIO(thumbnail(Image.new("RGB", size))))
    assert small.format == "JPEG"
    assert small.size == expected


def test_making_a_thumbnail_leaves_the_picture_alone() -> None:
    image = photo(300, 600)
    thumbnail(image)
    assert image.size == (300, 600)


@pytest.mark.parametrize(
    "name",
    [
        "a.jpg",
        "x/A.JPEG",
        "x y/a.b.png",
        "ü.WebP",
        "a.jfif",
        "a.JPE",
        "a.jif",
        "a.jfif-tbnl",
        "a.pjpeg",
        "a.PJP",
        "a.mpo",
        "a.pgm",
        "a.pnm",
    ],
)
def test_names_of_pictures(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize(
    "name",
    ["Thumbs.db", "a.txt", "jpg", ".jpg", "x/.jpg", ".a.jpg", "x/._a.jpg", ".git/a.jpg", "__MACOSX/x/a.jpg", "a"],
)
def test_names_of_other_files(name: str) -> None:
    assert not is_image_name(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.heic", "HEIC"),
        ("x/IMG_1.HEIF", "HEIF"),
        ("a.avif", "AVIF"),
        ("a.b.Gif", "GIF"),
        ("a.jp2", "JP2"),
        ("a.pam", "PAM"),
        ("a.jpg", None),
        ("heic", None),
        ("._a.heic", None),
        (".heic", None),
        ("__MACOSX/a.gif", None),
        ("a.txt", None),
    ],
)
def test_names_of_pictures_of_a_format_that_is_never_decoded(name: str, kind: str | None) -> None:
    assert unreadable_kind(name) == kind
    assert kind is None or not is_image_name(name)


def isobmff(brand: bytes) -> bytes:
    """The first box of a file as phones write it, and nothing after it."""
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mif1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (isobmff(b"heic"), "HEIC picture, which needs the package pillow-heif"),
        (isobmff(b"mif1"), "HEIC picture, which needs the package pillow-heif"),
        (isobmff(b"avif"), "an AVIF picture; save it as JPEG"),
        (b"GIF89a" + bytes(20), "a GIF picture; save it as JPEG"),
    ],
)
def test_a_picture_of_another_kind_is_named_with_the_remedy(
    data: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_formats", lambda: images.FORMATS)  # as where pillow-heif is not installed
    with pytest.raises(BadImage, match=reason):
        decode(data)


def test_a_heic_picture_is_read_where_its_package_is_installed() -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    grey = Image.new("RGB", (64, 96), (120, 130, 140))
    decoded = decode(encoded(grey, "HEIF", quality=95))
    assert decoded.size == (64, 96)
    assert np.abs(np.asarray(decoded).astype(int) - np.asarray(grey)).max() <= 6


@pytest.mark.parametrize(
    ("turn", "corner"),  # where the upper left pixel comes to lie when turned clockwise
    [(0, (0, 0)), (90, (2, 0)), (180, (3, 2)), (270, (0, 3))],
)
def test_pictures_are_turned_clockwise(turn: int, corner: tuple[int, int]) -> None:
    picture = Image.new("RGB", (4, 3))
    picture.putpixel((0, 0), (255, 0, 0))
    assert turned_and_cut(picture, turn).getpixel(corner) == (255, 0, 0)


def test_a_box_is_cut_from_the_turned_picture_and_what_is_beyond_it_is_left_out() -> None:
    pixels = np.arange(40 * 80, dtype=np.uint32).reshape(40, 80)
    picture = Image.fromarray(np.stack([pixels >> 8, pixels & 255, pixels * 0], axis=-1).astype(np.uint8))
    turned = np.rot90(np.asarray(picture), -1)  # 80 rows, 40 columns
    cut = np.asarray(turned_and_cut(picture, 90, (0.5, 0.25, 0.75, 0.5)))
    assert np.array_equal(cut, turned[20:60, 20:40])


@pytest.mark.parametrize(("turn", "box"), [(45, None), (0, (0.5, 0.5, 0.01, 0.5)), (0, (1.2, 0.0, 0.5, 0.5))])
def test_a_crooked_turn_and_a_tiny_box_are_refused(turn: int, box: tuple[float, float, float, float] | None) -> None:
    with pytest.raises(BadImage, match="turned by 90|draw it larger"):
        turned_and_cut(photo(200, 200), turn, box)
