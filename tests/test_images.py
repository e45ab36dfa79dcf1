from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core import images
from reid_core.errors import ReidError
from reid_core.images import BadImage, FolderSource, ZipSource, decode, is_image_name, open_source, thumbnail


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


def test_an_animated_gif_is_not_an_accepted_format() -> None:
    frames = [Image.new("P", (8, 8), color) for color in (0, 1)]
    with pytest.raises(BadImage, match="use JPEG, PNG, WebP, BMP or TIFF"):
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


@pytest.mark.parametrize("name", ["a.jpg", "x/A.JPEG", "x y/a.b.png", "ü.WebP"])
def test_names_of_pictures(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize(
    "name",
    ["Thumbs.db", "a.txt", "jpg", ".jpg", "x/.jpg", ".a.jpg", "x/._a.jpg", ".git/a.jpg", "__MACOSX/x/a.jpg", "a"],
)
def test_names_of_other_files(name: str) -> None:
    assert not is_image_name(name)


def make_zip(path: Path, entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return path


def test_folders_and_zips_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "set" / "x").mkdir(parents=True)
    (tmp_path / "set" / "x" / "a.jpg").write_bytes(b"one")
    (tmp_path / "set" / "b.jpg").write_bytes(b"two")
    zipped = make_zip(tmp_path / "set.zip", [("b.jpg", b"two"), ("x/", b""), ("x/a.jpg", b"one")])
    for path in (tmp_path / "set", zipped):
        source = open_source(path)
        assert list(source.names()) == ["b.jpg", "x/a.jpg"]
        assert source.read("x/a.jpg") == b"one"
        with pytest.raises(BadImage):
            source.read("x/none.jpg")
        source.close()


def test_nothing_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"There is no folder or file .*nowhere"):
        open_source(tmp_path / "nowhere")


def test_a_file_that_is_no_zip_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ReidError, match=r"a.zip is not a readable zip archive"):
        open_source(tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "x/../../evil.jpg", "C:/evil.jpg", "..\\evil.jpg"])
def test_zip_entries_that_lead_out_are_refused_and_never_read(tmp_path: Path, name: str) -> None:
    source = ZipSource(make_zip(tmp_path / "a.zip", [(name, b"evil"), ("good.jpg", b"good")]))
    assert list(source.names()) == ["good.jpg"]
    assert (name.replace("\\", "/"), "the path leads out of the archive") in list(source.entries())
    with pytest.raises(BadImage, match="leads out"):
        source.read(name)


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("xxxxx.jpg#.exe", b"evil")])
    path.write_bytes(path.read_bytes().replace(b"xxxxx.jpg#.exe", b"xxxxx.jpg\0.exe"))
    source = ZipSource(path)
    assert list(source.names()) == []
    assert [refusal for _, refusal in source.entries()] == ["the path leads out of the archive"]


def test_backslashes_in_a_zip_are_folders(tmp_path: Path) -> None:
    # zipfile writes the name as given where the separator is "/", as archives made by old Windows programs have it.
    source = ZipSource(make_zip(tmp_path / "a.zip", [("x\\a.jpg", b"one")]))
    assert list(source.names()) == ["x/a.jpg"]
    assert source.read("x/a.jpg") == b"one"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_entries_with_one_name_the_first_is_read(tmp_path: Path) -> None:
    source = ZipSource(make_zip(tmp_path / "a.zip", [("a.jpg", b"first"), ("a.jpg", b"second")]))
    assert list(source.names()) == ["a.jpg"]
    assert source.read("a.jpg") == b"first"
    refusals = [refusal for _, refusal in source.entries() if refusal]
    assert len(refusals) == 1
    assert "twice" in refusals[0]


def test_a_zip_bomb_is_refused_by_entry_and_the_rest_is_read(tmp_path: Path) -> None:
    source = ZipSource(make_zip(tmp_path / "a.zip", [("bomb.jpg", bytes(4 * 2**20)), ("good.jpg", b"good")]))
    with pytest.raises(BadImage, match="zip bomb"):
        source.read("bomb.jpg")
    assert source.read("good.jpg") == b"good"


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_ARCHIVE_BYTES", 10)
    with pytest.raises(ReidError, match="zip bomb"):
        ZipSource(make_zip(tmp_path / "a.zip", [("a.jpg", bytes(11))]))


def test_a_file_over_the_limit_is_not_read_from_folder_or_zip(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jpg").write_bytes(bytes(3 * 2**20))
    stored = make_zip(tmp_path / "a.zip", [("a.jpg", bytes(3 * 2**20))], zipfile.ZIP_STORED)
    for path in (tmp_path / "set", stored):
        with pytest.raises(BadImage, match="it has 3 MB, more than the 2 MB"):
            open_source(path).read("a.jpg", limit=2 * 2**20)


def test_a_damaged_entry_is_a_sentence(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("a.jpg", b"what was written")], zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"what was written", b"what is read now"))
    with pytest.raises(BadImage, match="cannot be unpacked"):
        ZipSource(path).read("a.jpg")


def test_links_out_of_a_folder_are_refused_and_links_inside_are_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "set"
    outside.mkdir()
    root.mkdir()
    (outside / "secret.jpg").write_bytes(b"secret")
    (root / "a.jpg").write_bytes(b"one")
    (root / "link.jpg").symlink_to(outside / "secret.jpg")
    (root / "folder").symlink_to(outside)
    (root / "same.jpg").symlink_to(root / "a.jpg")
    (root / "loop.jpg").symlink_to(root / "loop.jpg")
    source = FolderSource(root)
    assert list(source.names()) == ["a.jpg", "same.jpg"]
    assert {name for name, refusal in source.entries() if refusal} == {"folder", "link.jpg"}
    for name in ("link.jpg", "folder/secret.jpg", "../outside/secret.jpg"):
        with pytest.raises(BadImage, match="leads out"):
            source.read(name)
    assert source.read("same.jpg") == b"one"


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.jpg").write_bytes(b"one")
    (tmp_path / "set").symlink_to(tmp_path / "real")
    source = FolderSource(tmp_path / "set")
    assert list(source.names()) == ["a.jpg"]
    assert source.read("a.jpg") == b"one"


def test_a_named_pipe_is_neither_listed_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    source = FolderSource(tmp_path)
    assert list(source.names()) == []
    with pytest.raises(BadImage, match="not a file"):
        source.read("a.jpg")


def test_a_file_name_that_is_not_text_is_refused(tmp_path: Path) -> None:
    try:
        with open(os.fsencode(tmp_path) + b"/\xff.jpg", "wb"):
            pass
    except OSError:
        pytest.skip("this file system allows UTF-8 names only")
    assert [refusal for _, refusal in FolderSource(tmp_path).entries()] == ["its name is not valid UTF-8; rename it"]
