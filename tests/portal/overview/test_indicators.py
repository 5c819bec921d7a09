"""Published figures keep their source, day and definition, and never mix with ours."""

import re

from django.utils.translation import override

from portal.overview.home import indicators


def test_every_figure_shown_has_a_source_a_day_and_is_cited():
    shown = [*indicators.headline(), *indicators.platform()]
    assert len(shown) == 11
    for one in shown:
        assert one.basis == "cited"
        assert one.source
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", one.as_of)
        assert one.as_of in one.stamp


def test_a_lower_bound_says_over_and_an_order_of_magnitude_no_number():
    with override("en"):
        by_slug = {one.slug: one for one in [*indicators.headline(), *indicators.platform()]}
        assert (by_slug["storage-total-eb"].before, by_slug["storage-total-eb"].figure) == ("over", "1,680")
        assert by_slug["intelligent-computing-eflops"].before == ""
        assert by_slug["intelligent-computing-eflops"].stamp == "FP16, half precision·whole nation·2025-06-30"
        assert by_slug["monitoring-records"].figure == "billions"


def test_units_are_measure_words_in_chinese_and_nothing_in_english():
    with override("zh-hans"):
        assert [one.unit for one in indicators.headline()] == ["EFLOPS", "个", "EB", "个"]
    with override("en"):
        assert [one.unit for one in indicators.headline()] == ["EFLOPS", "", "EB", ""]


def test_a_source_without_address_is_named_in_words():
    with override("en"):
        without = [one.origin for one in indicators.platform() if not one.address]
    assert without == ["press text of 2025-08-23, no address"] * 3


def test_the_home_page_says_that_they_do_not_describe_this_site(db, client_at):
    client = client_at()
    client.cookies["django_language"] = "en"
    html = client.get("/").content.decode()
    assert "They do not describe this site. FP16 and FP32 are never added." in html
    for one in indicators.headline():
        assert one.address in html
