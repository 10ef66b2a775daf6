"""An administrator imports a table in a real browser: from the button on the list of users to the passwords."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.mailboxes.models import Mailbox
from apps.mailflow.roster import runs
from tests.console.desk import Desk, a_desk, aside

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_database")]


@pytest.fixture(params=["light", "dark"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with a_desk(width=1366 if request.param == "light" else 360, theme=request.param) as opened:
        yield opened


def test_a_table_is_imported(desk: Desk, tmp_path: Path) -> None:
    page, at = desk.page, desk.domain.name
    path = tmp_path / "people.csv"
    people = "".join(f"person{number}@{at};Person {number}\n" for number in range(120))
    path.write_text(f"E-Mail;Name\n{people}there@{at};There\nx@elsewhere.test;X\nnobody;Y\n", "utf-16")

    page.goto(f"{desk.web}/console/users/")
    page.click("text=Import from a table")
    with page.expect_download() as example:
        page.click("text=Example")
    assert f"alice@{at}" in Path(example.value.path()).read_text("utf-8-sig")
    page.set_input_files("#id_table", path)
    assert desk.faults() == []
    page.click("text=Check the table")

    page.wait_for_selector("text=2 of 123 rows are wrong")
    assert page.locator("tbody tr").count() == 2
    assert "123" in page.locator("tbody tr").first.inner_text()
    assert desk.faults() == []
    with page.expect_download() as faulty:
        page.click("text=Faulty rows")
    assert "elsewhere.test is not a domain" in Path(faulty.value.path()).read_text("utf-8-sig")

    page.click("text=1. Columns")
    page.wait_for_selector("text=UTF-16")
    assert desk.faults() == []
    page.click("text=Check the rows")
    page.click("text=Go on to the dry run")
    page.wait_for_selector("text=120 will be made")
    assert desk.faults() == []
    page.select_option("select[name=show]", "same")
    page.wait_for_selector("tbody tr:only-child")
    assert f"there@{at}" in page.locator("tbody").inner_text()
    page.click("text=Import 120 rows")
    page.wait_for_selector("dialog[open]")
    said = page.locator("dialog").inner_text()
    assert "120 rows will be made. 1 is there already. 2 are refused and left out." in " ".join(said.split())
    assert desk.faults() == []
    assert aside(Mailbox.objects.filter(domain=desk.domain).count) == 1
    page.click("dialog .btn-primary")

    page.wait_for_selector("text=0 of 123 rows are done")
    assert desk.faults() == []
    steps = iter(range(10))
    aside(lambda: runs.go_on_with_all(lambda: next(steps, None) is not None))
    page.wait_for_selector("text=/^[1-9] of 123 rows are done/")
    # The page notices by itself.
    aside(lambda: runs.go_on_with_all(lambda: True))
    page.wait_for_selector("text=120 made")
    assert desk.faults() == []
    with page.expect_download() as passwords:
        page.click("text=Download the passwords")
    lines = Path(passwords.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[1].startswith(f"2;person0@{at};made;")
    assert len(lines[1].rpartition(";")[2]) > 20
    assert aside(Mailbox.objects.filter(domain=desk.domain).count) == 121
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
