"""A company's own look: what brand.yaml may say, what is told of it, and what pages show of it."""

from __future__ import annotations

import pickle
import re
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from incentive_engine.errors import InputProblems
from incentive_engine.shipped import templates_dir
from incentive_engine.statements.brand import read_brand
from incentive_engine.statements.colours import DARK, LIGHT, contrast
from incentive_engine.statements.design import OUR_DESIGN, read_design

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10" fill="#a00"/></svg>'


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\xaa\0\0" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def said(folder: Path, text: str) -> Path:
    path = folder / "brand.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputProblems) as refused:
        read_brand(said(folder, text))
    return [str(problem).removeprefix(f"{folder / 'brand.yaml'}:") for problem in refused.value.problems]


# --- colours ----------------------------------------------------------------------------------------------------------


def test_contrast_is_that_of_wcag() -> None:
    """The two ends, and the greys that WCAG's own techniques call the last that pass (G18, G17)."""
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ff0000", "#ff0000") == 1
    assert contrast("#767676", "#ffffff") > 4.5 > contrast("#777777", "#ffffff")
    assert contrast("#ff0000", "#ffffff") == pytest.approx(3.998, abs=0.001)


def test_our_own_colours_are_those_of_the_look() -> None:
    look = (templates_dir() / "look.css.j2").read_text(encoding="utf-8")
    for scheme, block in zip((LIGHT, DARK), re.findall(r":root \{(.*?)\}", look, re.DOTALL), strict=False):
        written = {name.replace("-", "_"): colour for name, colour in re.findall(r"--([a-z-]+): (#\w{6})", block)}
        assert {name: written[name] for name in scheme} == scheme


def test_colours_that_cannot_be_read_are_told_with_their_place(tmp_path: Path) -> None:
    # #66ccbb: 0.2126 × 0.1329 + 0.7152 × 0.6038 + 0.0722 × 0.4969 = 0.4960; 1.05 ÷ 0.5460 = 1.923
    told = problems_of(
        tmp_path,
        'company: Lumière\ncolours:\n  light: {customer: "#66ccbb"}\n  dark:\n    customer: "#0b6e63"\n'
        '    held_soft: "#ff9d94"\n',
    )
    assert told[0] == (
        "3:21: error[contrast]: `customer` on `paper` has a contrast of 1.92: 1; texts need 4.5: 1 (WCAG AA)\n"
        "  hint: take a darker `customer`"
    )
    assert [line[: line.index(" has")] for line in told[1:]] == [
        "3:21: error[contrast]: `customer` on `customer_soft`",
        "5:15: error[contrast]: `customer` on `paper`",
        "5:15: error[contrast]: `customer` on `customer_soft`",
        "6:16: error[contrast]: `ink` on `held_soft`",
        "6:16: error[contrast]: `soft` on `held_soft`",
        "6:16: error[contrast]: `held` on `held_soft`",
    ]
    assert told[2].endswith("hint: take a lighter `customer`")
    assert told[6].endswith("hint: change `held_soft`, or say `held`, too")


def test_what_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    told = problems_of(tmp_path, 'compny: A\ncolours: {light: {ink: red}}\ncontact: {fr: ""}\nlogo: 7\n')
    assert [line.split(": ")[0] for line in told] == ["1:1", "2:24", "3:15", "4:7"]
    assert "did you mean `company`?" in "".join(told)


# --- logos ------------------------------------------------------------------------------------------------------------


def test_a_logo_is_drawn_inside_the_page(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG, encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(png(40, 10))
    for name in ("logo.svg", "logo.png"):
        brand = read_brand(said(tmp_path, f"company: Lumière\nlogo: {name}\n"))
        assert ElementTree.fromstring(brand.logo).get("viewBox") == "0 0 40 10"
        assert brand.shown("en")["logo"].startswith("data:image/svg+xml;base64,")


BAD_LOGOS = {
    "is neither SVG nor PNG": b"GIF89a...",
    "is not a whole PNG": b"\x89PNG\r\n\x1a\n\0\0",
    "holds a script": SVG.replace("<rect", "<script>x</script><rect").encode(),
    "holds a page inside": SVG.replace("<rect", "<foreignObject/><rect").encode(),
    "holds an address outside": SVG.replace("<rect", '<image href="https://x.y/z.png"/><rect').encode(),
    "holds a document type": b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.encode(),
    "has more than 200 kB": SVG.encode() + b" " * 200_000,
}


@pytest.mark.parametrize("reason", BAD_LOGOS)
def test_what_is_no_logo_is_refused(tmp_path: Path, reason: str) -> None:
    (tmp_path / "logo.svg").write_bytes(BAD_LOGOS[reason])
    (told,) = problems_of(tmp_path, "company: Lumière\nlogo: logo.svg\n")
    assert told.startswith(f"2:7: error[bad-logo]: `logo.svg` {reason}")


@pytest.mark.parametrize("also", ['onclick="x()"', "style=\"fill:url('https://x.y')\"", 'href="//x.y/z"'])
def test_attributes_of_a_logo_fetch_and_run_nothing(tmp_path: Path, also: str) -> None:
    (tmp_path / "logo.svg").write_text(SVG.replace("<rect", f"<rect {also}"), encoding="utf-8")
    (told,) = problems_of(tmp_path, "company: Lumière\nlogo: logo.svg\n")
    assert "error[bad-logo]" in told


@pytest.mark.parametrize("name", ["../logo.svg", "/etc/hostname", "none.svg"])
def test_a_logo_lies_beside_the_brand(tmp_path: Path, name: str) -> None:
    (tmp_path / "logo.svg").write_text(SVG, encoding="utf-8")
    (tmp_path / "own").mkdir()
    (told,) = problems_of(tmp_path / "own", f"company: Lumière\nlogo: {name}\n")
    assert re.match(rf"2:7: error\[bad-logo\]: `{name}` (is not beside brand.yaml|cannot be read)", told)


# --- texts and templates ----------------------------------------------------------------------------------------------


def test_texts_are_in_every_language_that_is_read(tmp_path: Path) -> None:
    brand = read_brand(said(tmp_path, "company: Lumière\ncontact: {fr: 'Demandez à Ana.', en: Ask Ana.}\n"))
    assert brand.shown("fr")["contact"] == "Demandez à Ana."
    assert brand.shown("en")["dispute"] == ""
    assert [problem.location.line for problem in brand.lacking(["en", "de"]) if problem.location] == [2]
    with pytest.raises(InputProblems, match=r"brand\.yaml:2:1: .* `contact` has no text in `de`"):
        brand.shown("de")


def test_a_design_goes_to_other_processes(tmp_path: Path) -> None:
    said(tmp_path, "company: Lumière\n")
    design = read_design(tmp_path)
    assert design.folders == (tmp_path, templates_dir())
    assert pickle.loads(pickle.dumps(design)) == design  # noqa: S301
    assert read_design(None) == OUR_DESIGN


def test_a_folder_that_replaces_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "statment.html.j2").write_text("", encoding="utf-8")
    with pytest.raises(InputProblems, match=r"no file in `.*` replaces anything\n.*statement\.html\.j2"):
        read_design(tmp_path)
    with pytest.raises(InputProblems, match="is no folder"):
        read_design(tmp_path / "none")
