"""A shop's logo: clean ones are printed, all others are refused in plain words before anything unpacks or runs them."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import zlib
from base64 import b64decode
from pathlib import Path

import pytest

from tideover.errors import FileUnreadable
from tideover.kit import blanks
from tideover.kit.logo import BYTES_MAX, check_logo, kept_logo, read_logo
from tideover.words import say
from unit.kit.paper_shop import AT, MM, is_dark, only_lacks, only_sheets, opened, png, press, shop

__all__ = ["press"]
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 60 20">'
CLEAN = HEAD + '<defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs><rect width="60" height="20" fill="url(#a)"/></svg>'


def svg(inside: str, head: str = HEAD) -> bytes:
    return f"{head}{inside}</svg>".encode()


def jpeg(width: int = 60, height: int = 20, parts: int = 3, extra: bytes = b"") -> bytes:
    """The structure of a JPEG: sizes and segments as they are; what it shows is noise."""
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([parts]) + bytes(9)
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
        + extra
        + frame
        + b"\xff\xda\x00\x08\1\1\0\0\x3f\0"
        + b"x" * 9
        + b"\xff\xd9"
    )


BOMB = '<g id="a0"><rect width="1" height="1"/></g>' + "".join(
    f'<g id="a{n}"><use xlink:href="#a{n - 1}"/><use xlink:href="#a{n - 1}"/></g>' for n in range(1, 40)
)
BAD = {
    "large": (b"\x89PNG" + bytes(BYTES_MAX), "it is larger than 1 MB"),
    "empty": (b"", "it is no PNG, JPEG or SVG"),
    "gif": (b"GIF89a", "it is no PNG, JPEG or SVG"),
    "packed svg": (b"\x1f\x8b\x08", "it is no PNG, JPEG or SVG"),
    "pixels": (png(9_000, 9_000, b""), "it has 9000 x 9000 pixels, which is too many"),
    "no pixels": (png(0, 4), "it has no pixels"),
    "png cut off": (png(40, 40)[:-14], "it is cut off or damaged"),
    "png too short": (png(40, 40, zlib.compress(bytes(100))), "it is cut off or damaged"),
    "png bomb": (png(40, 40, zlib.compress(bytes(50_000_000))), "it is cut off or damaged"),
    "png flipped": (png(40, 40).replace(b"IDAT", b"IDAU"), "it is cut off or damaged"),
    "jpeg pixels": (jpeg(60_000, 60_000), "it has 60000 x 60000 pixels, which is too many"),
    "jpeg cmyk": (jpeg(parts=4), "its colours are made for a printing house (CMYK)"),
    "jpeg cut off": (jpeg()[:-2], "it is cut off or damaged"),
    "jpeg end": (b"\xff\xd8\xff", "it is cut off or damaged"),
    "script": (svg("<script>alert(1)</script>"), "it holds more than a drawing (script)"),
    "on": (svg('<rect onclick="x()"/>'), "it holds a script"),
    "foreign": (
        svg('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'),
        "it holds more than a drawing (foreignObject)",
    ),
    "xhtml": (svg('<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>'), "it holds more than a drawing (script)"),
    "picture": (svg('<image xlink:href="data:image/png;base64,AA"/>'), "it holds more than a drawing (image)"),
    "filter": (svg("<filter/>"), "it holds more than a drawing (filter)"),
    "use outside": (svg('<use xlink:href="http://x/y#z"/>'), "it points to something outside of itself"),
    "use file": (svg('<use href="/etc/passwd#a"/>'), "it points to something outside of itself"),
    "css": (svg("<style>@im<!-- -->port 'x'; rect{fill:url( http://x)}</style>"), "it points to something outside of itself"),
    "css attribute": (svg('<rect style="fill:url(file:///etc/passwd)"/>'), "it points to something outside of itself"),
    "entity": (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + CLEAN.encode(), "it declares entities"),
    "external": (b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("&a;"), "it declares entities"),
    "stylesheet": (b'<?xml-stylesheet href="http://x"?>' + CLEAN.encode(), "it fetches a style from elsewhere"),
    "uses": (svg(BOMB), "it has too many parts"),
    "ring": (svg('<g id="a"><use xlink:href="#b"/></g><g id="b"><use xlink:href="#a"/></g>'), "it has too many parts"),
    "deep": (svg("<g>" * 500 + "</g>" * 500), "it has too many parts"),
    "many": (svg("<g/>" * 20_000), "it has too many parts"),
    "broken": (b"<svg", "it is cut off or damaged"),
    "html": (b"<html/>", "it is no SVG"),
    "utf-16": (CLEAN.encode("utf-16"), "it is no PNG, JPEG or SVG"),
    "latin": (
        b'<?xml version="1.0" encoding="latin-1"?>' + svg("<title>\xc4</title>").replace(b"\xc3\x84", b"\xc4"),
        "its text is not UTF-8",
    ),
    "no size": (svg("", '<svg xmlns="http://www.w3.org/2000/svg">'), "it does not say how large it is"),
    "hair": (svg("", HEAD.replace("60 20", "6000 1")), "it does not say how large it is"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_picture_that_is_not_clean_is_refused_in_plain_words(name):
    """With what to do instead, in Finnish too."""
    content, why = BAD[name]
    with pytest.raises(FileUnreadable) as caught:
        check_logo("Ståhl.svg", content)
    assert f"Ståhl.svg cannot be read: {why}." == caught.value.message and "Save the logo as a PNG" in caught.value.hint
    message, hint = say("fi").error(caught.value)
    assert why not in message and "Tallenna logo" in hint


def test_a_file_of_40_mb_is_refused_without_being_read(tmp_path):
    """A hole of that size on the disk, or more."""
    with open(tmp_path / "logo.png", "wb") as file:
        file.truncate(40_000_000_000)
    with pytest.raises(FileUnreadable, match="larger than 1 MB"):
        read_logo(tmp_path / "logo.png")


def pixels_of(logo: str) -> bytes:
    """The picture inside the drawing that a logo becomes."""
    return b64decode(re.search(r"base64,([^\"]+)", logo)[1])


def test_a_clean_logo_becomes_a_drawing():
    """A drawing as it came, without its byte order mark; pixels in a drawing of their size."""
    assert CLEAN == check_logo("x", CLEAN.encode()) == check_logo("x", b"\xef\xbb\xbf" + CLEAN.encode())
    assert 'viewBox="0 0 300 120"><image width="300" height="120" href="data:image/png;' in check_logo("x", png(300, 120))
    assert png(300, 120) == pixels_of(check_logo("x", png(300, 120))) and jpeg() == pixels_of(check_logo("x", jpeg()))


@pytest.mark.parametrize("interlaced", [False, True])
def test_only_the_picture_is_kept_of_a_png(interlaced):
    """No place, no profile that unpacks to more, nothing behind its end."""
    picture = png(8, 8, bytes(8 * 9) if not interlaced else bytes(64 + 15), extra=(b"zTXt", b"where\0\0" + zlib.compress(bytes(10_000))))
    if interlaced:
        header = picture[16:28] + b"\1"
        picture = picture.replace(picture[12:33], b"IHDR" + header + zlib.crc32(b"IHDR" + header).to_bytes(4, "big"))
    kept = pixels_of(check_logo("x", picture + b"<?php"))
    assert b"zTXt" not in kept and b"php" not in kept and kept.endswith(b"IEND\xaeB`\x82") and b"IDAT" in kept


def test_only_the_picture_is_kept_of_a_jpeg():
    """Where a photograph was taken is not the paper's business."""
    kept = pixels_of(check_logo("x", jpeg(extra=b"\xff\xe1\x00\x0aExif\0\0GP") + b"more"))
    assert b"Exif" not in kept and b"JFIF" in kept and kept.endswith(b"\xff\xd9")


def test_drawing_programs_notes_and_a_plain_doctype_are_let_through():
    """As Inkscape and Illustrator save them."""
    notes = (
        '<sodipodi:namedview xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" docname="C:\\logo.svg"'
        ' sodipodi:docname="C:\\logo.svg"/>'
    ).replace(' docname="C:\\logo.svg"', "")
    doctype = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert "namedview" in check_logo("x", doctype + svg(notes + '<path d="M0 0h9v9z"/>'))


@pytest.mark.parametrize("seed", range(20))
def test_a_spoilt_picture_is_refused_or_still_clean(seed):
    """Bytes flipped, cut and doubled anywhere: never another error, never something else that gets through."""
    luck = random.Random(seed)
    for original in (png(30, 12), CLEAN.encode(), svg(BOMB.partition('<g id="a3"')[0]), jpeg()):
        for _ in range(50):
            content = bytearray(original)
            for _ in range(luck.randint(1, 4)):
                at = luck.randrange(len(content))
                content[at : at + luck.randint(0, 3)] = luck.randbytes(luck.randint(0, 3))
            try:
                logo = check_logo("x", bytes(content))
            except FileUnreadable:
                continue
            assert logo.lstrip().startswith("<") and "script" not in logo


@pytest.mark.parametrize("name", ["logo.png", "logo.svg"])
def test_a_kept_logo_is_printed_on_every_form(press, tmp_path: Path, name):
    """Found in the data directory by its content, not its ending; another logo is another paper."""
    content = png(300, 120) if name == "logo.png" else CLEAN.encode()
    (tmp_path / "logo.jpg").write_bytes(content)
    logo = kept_logo(tmp_path)
    assert logo == check_logo("x", content) and "" == kept_logo(tmp_path / "empty")
    for with_logo, bare in zip(*(only_sheets(blanks.sheets(shop(logo=one), "en")) for one in (logo, "")), strict=True):
        body = press.pdf(with_logo, AT)
        with opened(body) as document:
            assert 1 == len(document)
        assert with_logo.content != bare.content and body != press.pdf(bare, AT)


def test_the_printed_logo_is_the_picture(press):
    """Black where it is black, in the upper left of the page."""
    sheet = next(one for one in only_sheets(blanks.sheets(shop(logo=check_logo("x", png(100, 50))), "en")) if "quote" in one.name)
    with opened(press.pdf(sheet, AT)) as document:
        page = document[0]
        bitmap = page.render(scale=2, grayscale=True)
        assert is_dark(bitmap, (14 + 13) * MM * 2, (17 + 8) * MM * 2)
        bitmap.close()
        page.close()


def test_every_drawing_that_is_let_through_can_be_pressed(press):
    """A logo that stops the press would stop the whole kit."""
    luck, pressed = random.Random(7), 0
    original = svg('<g id="a"><path d="M0 0h9v9z" style="fill:#123"/></g><use xlink:href="#a" x="5"/><text x="1" y="9">ÄÖ€</text>')
    for _ in range(400):
        content = bytearray(original)
        at = luck.randrange(len(content))
        content[at : at + luck.randint(0, 2)] = luck.choice((b"", b"9", b"-", b"e", b" ", b"0" * 30, b"&#8;"))
        try:
            logo = check_logo("x", bytes(content))
        except FileUnreadable:
            continue
        press.pdf(blanks.blank("picking-list", None, shop(logo=logo), "en"), AT)
        pressed += 1
    assert pressed > 40


def test_a_logo_that_is_not_clean_is_named_and_the_forms_are_made():
    """Once, with what to do; in Finnish too."""
    fault = "logo.png cannot be read: it is larger than 1 MB. Save the logo as a PNG of at most 1000 x 1000 pixels and give that."
    fault += " Until then papers are made without it."
    made = blanks.sheets(shop(logo_fault=fault), "en")
    [lack] = only_lacks(made)
    assert 8 == len(only_sheets(made)) and f"The logo stands on no paper. {fault}" == lack.why
    assert say("fi").told(lack.why).startswith("Logo ei ole millään paperilla. Lukeminen ei onnistu (logo.png): se on suurempi kuin 1 Mt.")


def test_a_kit_is_made_with_the_logo_of_the_data_directory_or_without_it(tmp_path):
    """From the command line, also where there is nothing but the logo; one of 40 MB stops nothing, and is named."""
    folder, out = tmp_path / "data", tmp_path / "kit"
    folder.mkdir()
    (folder / "logo.png").write_bytes(png(300, 120))
    ask = [sys.executable, "-m", "tideover", "kit", "--data", folder, "--out", out, "--only", "blank", "--json"]
    with_logo = subprocess.run(ask, capture_output=True)
    with open(folder / "logo.png", "wb") as file:
        file.truncate(40_000_000)
    without = subprocess.run(ask, capture_output=True)
    found = [json.loads(one.stdout) for one in (with_logo, without)]
    assert [3, 3] == [with_logo.returncode, without.returncode]  # Nothing is known of the shop.
    assert [8, 8] == [len(one["files"]) for one in found] and 1 == len(found[1]["missing"]) - len(found[0]["missing"])
    assert "logo.png cannot be read: it is larger than 1 MB." in found[1]["missing"][-1]["why"]
    assert not {one["sha256"] for one in found[0]["files"]} & {one["sha256"] for one in found[1]["files"]}
