"""A run speaks the language of the shell, Chinese first."""

import pytest
from flask_babel import gettext

from civicprobe.demo.speech import EN, ZH, locale_of, padded, speaking


@pytest.mark.parametrize(
    ("environ", "locale"),
    [
        ({}, ZH),
        ({"LANG": "C.UTF-8"}, ZH),
        ({"LANG": "zh_CN.UTF-8"}, ZH),
        ({"LANG": "en_US.UTF-8"}, EN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, EN),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LC_ALL": ""}, ZH),
    ],
)
def test_the_shell_chooses(environ, locale):
    assert locale_of(environ) == locale


def test_words_come_from_the_catalogs_outside_of_requests():
    with speaking(EN):
        assert gettext("主流程") == "The main job"
    with speaking(ZH):
        assert gettext("主流程") == "主流程"


def test_columns_stand_under_each_other():
    assert padded("街道", 6) == "街道  "
    assert padded("Street", 6) == "Street"
    assert padded("区城运中心", 4) == "区城运中心"
