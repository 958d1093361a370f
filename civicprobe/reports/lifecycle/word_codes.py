"""The words for codes that are no enum of the lifecycle: places, photos, rules, choices.

`word` is how templates ask for any of them.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from flask_babel import LazyString, get_locale, lazy_pgettext

from civicprobe.reports.lifecycle import word_faults, words

GRADES: Mapping[str, LazyString] = {
    "A": lazy_pgettext("grade", "定位准"),
    "B": lazy_pgettext("grade", "位置大概"),
    "C": lazy_pgettext("grade", "位置粗略"),
    "D": lazy_pgettext("grade", "没有定位"),
}

SOURCES: Mapping[str, LazyString] = {
    "device": lazy_pgettext("source", "手机定位"),
    "exif": lazy_pgettext("source", "照片里的定位"),
    "pin": lazy_pgettext("source", "上报人标的点"),
    "landmark": lazy_pgettext("source", "上报人说的地方"),
    "hand": lazy_pgettext("source", "人工标定"),
}

# Why the place had to be asked for.
ASKED: Mapping[str, LazyString] = {
    "no_map": lazy_pgettext("asked", "网格地图还没有启用。"),
    "outside": lazy_pgettext("asked", "定位不在本市网格地图内。"),
    "landmark_only": lazy_pgettext("asked", "只有地标，还要有人按地标找到位置。"),
    "too_vague": lazy_pgettext("asked", "定位误差太大，看不出具体在哪里。"),
    "not_at_capture": lazy_pgettext("asked", "定位不是拍照时的，不能确定就在那里。"),
    "no_location": lazy_pgettext("asked", "照片和手机都没有给出定位。"),
    "enrich_failed": lazy_pgettext("asked", "自动定位没有成功，请人工查看。"),
}

WARNINGS: Mapping[str, LazyString] = {
    "clock_ahead": lazy_pgettext("warning", "拍照时间比现在还晚"),
    "clock_years_off": lazy_pgettext("warning", "拍照时间差得太远"),
    "taken_long_ago": lazy_pgettext("warning", "照片是两小时前拍的"),
    "shot_time_unknown": lazy_pgettext("warning", "不知道拍照时间"),
    "photos_apart": lazy_pgettext("warning", "几张照片不在同一处"),
    "pin_exif_apart": lazy_pgettext("warning", "标的点与照片定位不一致"),
    "pin_device_apart": lazy_pgettext("warning", "标的点与手机定位不一致"),
    "exif_device_apart": lazy_pgettext("warning", "照片定位与手机定位不一致"),
    "fixes_apart": lazy_pgettext("warning", "手机前后几次定位不一致"),
    "landmark_apart": lazy_pgettext("warning", "说的地方与定位不一致"),
    "evidence_outside": lazy_pgettext("warning", "有的定位在市外，没有采用"),
    "gps_void": lazy_pgettext("warning", "拍照时卫星定位还没有准"),
    "gps_from_xmp": lazy_pgettext("warning", "照片位置是修图软件记下的，不是相机"),
    "gps_time_apart": lazy_pgettext("warning", "相机时间与卫星时间对不上"),
    "time_apart": lazy_pgettext("warning", "定位与拍照的时间差得多"),
    "maybe_gcj02": lazy_pgettext("warning", "可能是火星坐标"),
    "riding_fast": lazy_pgettext("warning", "定位时在行驶中"),
    "datum_unknown": lazy_pgettext("warning", "照片坐标系不明"),
}

CLOCK_STAGES: Mapping[str, LazyString] = {
    "place": lazy_pgettext("clock", "补位置"),
    "triage": lazy_pgettext("clock", "核实"),
    "dispatch": lazy_pgettext("clock", "派遣"),
    "accept": lazy_pgettext("clock", "签收"),
    "handling": lazy_pgettext("clock", "处置"),
    "checking": lazy_pgettext("clock", "核查结案"),
    "whistle": lazy_pgettext("clock", "吹哨"),
    "acknowledge": lazy_pgettext("clock", "应急到人"),
    "whole": lazy_pgettext("clock", "全程"),
}

LATENESS: Mapping[str, LazyString] = {
    "in_time": lazy_pgettext("late", "时限内"),
    "soon": lazy_pgettext("late", "快到期"),
    "overdue": lazy_pgettext("late", "超时"),
    "thrice": lazy_pgettext("late", "超时三倍"),
}

# Why two reports may be about the same.
LIKENESS: Mapping[str, LazyString] = {
    "same_photo": lazy_pgettext("likeness", "照片完全相同"),
    "near": lazy_pgettext("likeness", "离得近"),
    "same_category": lazy_pgettext("likeness", "类别相同"),
    "looks_alike": lazy_pgettext("likeness", "照片看着像"),
    "same_words": lazy_pgettext("likeness", "说法相近"),
    "same_day": lazy_pgettext("likeness", "一天之内"),
    "same_days": lazy_pgettext("likeness", "三天之内"),
}

# Why an after-photo proves little.
PROOF_DOUBTS: Mapping[str, LazyString] = {
    "seen_before": lazy_pgettext("proof", "与以前的照片相同或几乎一样"),
    "no_place": lazy_pgettext("proof", "照片里没有定位"),
    "far_off": lazy_pgettext("proof", "拍摄地点离上报处太远"),
    "no_time": lazy_pgettext("proof", "照片里没有拍摄时间"),
    "before_dispatch": lazy_pgettext("proof", "拍摄于派遣之前"),
}

# What a box in a picture hides.
HIDDEN = {
    "face": lazy_pgettext("hidden", "人脸"),
    "plate": lazy_pgettext("hidden", "车牌"),
    "label": lazy_pgettext("hidden", "面单、小票或屏幕"),
    "hand": lazy_pgettext("hidden", "其他"),
}
# Why a photo cannot be shown.
PHOTOS: Mapping[str, LazyString] = {
    "photo_empty": lazy_pgettext("photo", "照片是空的。"),
    "photo_not_an_image": lazy_pgettext("photo", "这个文件不是能用的照片。"),
    "photo_too_large": lazy_pgettext("photo", "照片太大，没有收下。"),
    "photo_too_many_pixels": lazy_pgettext("photo", "照片像素太多，无法显示。"),
    "photo_cut": lazy_pgettext("photo", "照片没有传完整。"),
    "photo_broken": lazy_pgettext("photo", "照片已损坏，无法显示。"),
    "photo_too_heavy": lazy_pgettext("photo", "打开这张照片要占太多内存，没有打开。"),
    "photo_too_slow": lazy_pgettext("photo", "打开这张照片要花太长时间，没有打开。"),
    "photo_mislabelled": lazy_pgettext("photo", "照片的类型与内容不符。"),
    "photo_polyglot": lazy_pgettext("photo", "照片里夹带了别的文件，没有收下。"),
    "photo_bytes_gone": lazy_pgettext("photo", "照片的文件已经不在。"),
    "photo_bytes_damaged": lazy_pgettext("photo", "照片的文件已经损坏。"),
    "copies_failed": lazy_pgettext("photo", "照片暂时无法显示。"),
    "copies_erased": lazy_pgettext("photo", "照片已到保存期限，已删除。"),
    "redaction_failed": lazy_pgettext("photo", "自动遮挡没有做成，会再试；街道也可以人工遮挡。"),
}

# The stages of the rider's progress bar.
STAGES: Mapping[str, LazyString] = {
    "receive": lazy_pgettext("stage", "收到"),
    "verify": lazy_pgettext("stage", "核实"),
    "dispatch": lazy_pgettext("stage", "派遣"),
    "handle": lazy_pgettext("stage", "处置"),
    "check": lazy_pgettext("stage", "核查"),
}

RULES: Mapping[str, LazyString] = {
    "micro_member": lazy_pgettext("rule", "微网格网格员"),
    "general_member": lazy_pgettext("rule", "一般网格网格员"),
    "community_member": lazy_pgettext("rule", "社区网格员"),
    "street_member": lazy_pgettext("rule", "街道网格员"),
    "district_member": lazy_pgettext("rule", "区级网格员"),
    "street_desk": lazy_pgettext("rule", "街道值守"),
    "district_desk": lazy_pgettext("rule", "区城运中心"),
    "city_desk": lazy_pgettext("rule", "市级值守"),
    "dedicated_member": lazy_pgettext("rule", "专属网格网格员"),
    "by_rule": lazy_pgettext("rule", "按派发规则"),
    "by_hand": lazy_pgettext("rule", "人工改派"),
    "by_ruling": lazy_pgettext("rule", "上级指定管辖"),
}

REASONS: Mapping[str, LazyString] = {
    "member_here": lazy_pgettext("reason", "就在这个网格里。"),
    "member_above": lazy_pgettext("reason", "下一级网格没有能接的人。"),
    "desk_above": lazy_pgettext("reason", "没有能接的网格员。"),
    "city_desk_last": lazy_pgettext("reason", "下级都没有能接的人。"),
    "outside_the_map": lazy_pgettext("reason", "不在网格地图内。"),
    "named_by_desk": lazy_pgettext("reason", "由街道指定。"),
    "rule_member": lazy_pgettext("reason", "派发规则指定了这位网格员。"),
    "rule_member_away": lazy_pgettext("reason", "派发规则指定的网格员现在不能接。"),
    "rule_area": lazy_pgettext("reason", "派发规则指定由这一区域接。"),
    "rule_desk": lazy_pgettext("reason", "派发规则指定由值守直接办。"),
    "rule_owner": lazy_pgettext("reason", "部件先属主：由权属单位所在的值守办。"),
    "about_us": lazy_pgettext("reason", "涉及本单位，由上一级办理。"),
    "ruled_above": lazy_pgettext("reason", "由上级指定。"),
}

WHY_NOT: Mapping[str, LazyString] = {
    "inactive": lazy_pgettext("why not", "未启用"),
    "suspended": lazy_pgettext("why not", "已停用"),
    "on_leave": lazy_pgettext("why not", "请假中"),
    "off_duty": lazy_pgettext("why not", "已下岗"),
    "off_shift": lazy_pgettext("why not", "不在值班时段"),
    "holiday": lazy_pgettext("why not", "节假日休息"),
    "quiet_hours": lazy_pgettext("why not", "高峰免打扰"),
    "at_cap": lazy_pgettext("why not", "手上待办已到上限"),
    "barred": lazy_pgettext("why not", "是本人上报，需回避"),
    "already_had_it": lazy_pgettext("why not", "之前办过"),
    "heavier_load": lazy_pgettext("why not", "手上待办更多"),
    "part_time": lazy_pgettext("why not", "兼职，专职优先"),
    "no_member": lazy_pgettext("why not", "没有网格员"),
    "no_desk": lazy_pgettext("why not", "没有值守人员"),
}

# Why a declared rule did not decide.
RULE_FAILS: Mapping[str, LazyString] = {
    "area": lazy_pgettext("rule fails", "区域不符"),
    "category": lazy_pgettext("rule fails", "类别不符"),
    "component": lazy_pgettext("rule fails", "部件、事件不符"),
    "severity": lazy_pgettext("rule fails", "严重程度不符"),
    "urgent": lazy_pgettext("rule fails", "紧急与否不符"),
    "time": lazy_pgettext("rule fails", "时间不符"),
    "target_gone": lazy_pgettext("rule fails", "指向的人员或区域已不在"),
    "no_owner": lazy_pgettext("rule fails", "没有登记权属单位"),
}

# Where a declared rule sends a report.
AIMS: Mapping[str, LazyString] = {
    "member": lazy_pgettext("aim", "一位网格员"),
    "area": lazy_pgettext("aim", "一个区域的网格员"),
    "desk": lazy_pgettext("aim", "一个区域的值守"),
    "owner": lazy_pgettext("aim", "权属单位所在的值守"),
}

LIMIT_UNITS: Mapping[str, LazyString] = {
    "clock_minute": lazy_pgettext("limit unit", "分钟"),
    "clock_hour": lazy_pgettext("limit unit", "小时"),
    "working_hour": lazy_pgettext("limit unit", "工作时"),
    "working_day": lazy_pgettext("limit unit", "工作日"),
}

# What is kept for a time after a case is closed.
KEPT: Mapping[str, LazyString] = {
    "originals": lazy_pgettext("kept", "照片原件"),
    "copies": lazy_pgettext("kept", "遮挡过的照片"),
    "facts": lazy_pgettext("kept", "照片里的设备和时间"),
    "positions": lazy_pgettext("kept", "骑手的位置"),
    "personal": lazy_pgettext("kept", "骑手的话和身份联系"),
}

# What an office did, as the audit names it.
DEEDS: Mapping[str, LazyString] = {
    "category.set": lazy_pgettext("deed", "改类别"),
    "channel.made": lazy_pgettext("deed", "加通知地址"),
    "channel.removed": lazy_pgettext("deed", "去掉通知地址"),
    "channel.tested": lazy_pgettext("deed", "试发通知"),
    "day.ended": lazy_pgettext("deed", "改回公布的日历"),
    "day.set": lazy_pgettext("deed", "定工作日"),
    "edition.activated": lazy_pgettext("deed", "启用地图"),
    "edition.filled": lazy_pgettext("deed", "导入地图"),
    "limit.ended": lazy_pgettext("deed", "取消时限"),
    "limit.set": lazy_pgettext("deed", "改时限"),
    "member.changed": lazy_pgettext("deed", "改网格员"),
    "person.code": lazy_pgettext("deed", "给一次性代码"),
    "person.hired": lazy_pgettext("deed", "建账号"),
    "person.moved": lazy_pgettext("deed", "改角色或地方"),
    "person.reinstated": lazy_pgettext("deed", "恢复"),
    "person.suspended": lazy_pgettext("deed", "停用"),
    "retention.set": lazy_pgettext("deed", "改保存期限"),
    "rule.removed": lazy_pgettext("deed", "删派发规则"),
    "rule.saved": lazy_pgettext("deed", "改派发规则"),
    "token.made": lazy_pgettext("deed", "生成令牌"),
    "token.revoked": lazy_pgettext("deed", "收回令牌"),
    "unit.set": lazy_pgettext("deed", "改承办单位"),
    "work.replayed": lazy_pgettext("deed", "重做后续工作"),
}


LEVELS: Mapping[str, LazyString] = {
    "city": lazy_pgettext("level", "市"),
    "district": lazy_pgettext("level", "区县"),
    "street": lazy_pgettext("level", "街道"),
    "community": lazy_pgettext("level", "社区"),
    "general": lazy_pgettext("level", "一般网格"),
    "micro": lazy_pgettext("level", "微网格"),
    "dedicated": lazy_pgettext("level", "专属网格"),
}

VIEWS: Mapping[str, LazyString] = {
    "mine": lazy_pgettext("view", "我的全部"),
    "new": lazy_pgettext("view", "新"),
    "snoozed": lazy_pgettext("view", "稍后再看"),
    "done": lazy_pgettext("view", "办过的"),
    "to_handle": lazy_pgettext("view", "待处置"),
    "handed_in": lazy_pgettext("view", "已反馈"),
    "to_dispatch": lazy_pgettext("view", "待派遣"),
    "to_check": lazy_pgettext("view", "待核查"),
    "no_place": lazy_pgettext("view", "待定位"),
    "reopened": lazy_pgettext("view", "退回重办"),
    "with_members": lazy_pgettext("view", "在网格员"),
    "with_units": lazy_pgettext("view", "在承办单位"),
    "open": lazy_pgettext("view", "全部在办"),
    "due_today": lazy_pgettext("view", "今日到期"),
    "overdue": lazy_pgettext("view", "超时"),
    "thrice": lazy_pgettext("view", "超时三倍"),
    "closed": lazy_pgettext("view", "已结案"),
    "all": lazy_pgettext("view", "全部"),
}

ROSTER_COLUMNS: Mapping[str, LazyString] = {
    "username": lazy_pgettext("roster", "用户名"),
    "alias": lazy_pgettext("roster", "称呼，1 到 20 个字"),
    "kind": lazy_pgettext("roster", "专职写 full_time，兼职写 part_time"),
    "grids": lazy_pgettext("roster", "网格编码，几个就用分号隔开"),
    "windows": lazy_pgettext(
        "roster", "每周值班时段，如 1 08:00-12:00; 5 22:00-06:00（1 是星期一）；空着就是随时"
    ),
    "quiet": lazy_pgettext("roster", "高峰免打扰，如 11:00-13:00, 17:00-19:00"),
    "rests_on_holidays": lazy_pgettext("roster", "节假日休息写 yes，否则写 no"),
    "cap": lazy_pgettext("roster", "手上最多几张待办，1 到 200；空着就是不限"),
}


_TABLES: Mapping[str, Mapping[Any, LazyString]] = {
    "state": words.STATES,
    "holder": words.HOLDERS,
    "outcome": words.OUTCOMES,
    "severity": words.SEVERITIES,
    "party": words.PARTIES,
    "topic": words.TOPICS,
    "action": words.ACTIONS,
    "step": words.STEPS,
    "grade": GRADES,
    "source": SOURCES,
    "asked": ASKED,
    "warning": WARNINGS,
    "clock": CLOCK_STAGES,
    "late": LATENESS,
    "likeness": LIKENESS,
    "proof": PROOF_DOUBTS,
    "photo": PHOTOS,
    "hidden": HIDDEN,
    "stage": STAGES,
    "closing": words.CLOSING_NOTES,
    "ground": words.GROUNDS,
    "rating": words.RATINGS,
    "result": words.RESULTS,
    "suspend": words.SUSPEND_GROUNDS,
    "whistle": words.WHISTLE_STATES,
    "found": words.FOUND,
    "inspection": words.DUE_BECAUSE,
    "marking": words.MARKINGS,
    "rule": RULES,
    "reason": REASONS,
    "why_not": WHY_NOT,
    "aim": AIMS,
    "rule_fails": RULE_FAILS,
    "limit_unit": LIMIT_UNITS,
    "kept": KEPT,
    "deed": DEEDS,
    "feature": word_faults.FEATURES,
    "level": LEVELS,
    "roster_column": ROSTER_COLUMNS,
    "view": VIEWS,
}


def word(kind: str, code: object) -> str:
    """The words for a code; the code itself where there are none, so that a page never fails."""
    return _said(kind, str(code), get_locale())


@lru_cache(maxsize=4_000)
def _said(kind: str, code: str, _language: Locale | None) -> str:
    """Kept by language: a page of a queue says the same few words three hundred times."""
    found = _TABLES[kind].get(code)
    return code if found is None else str(found)
