"""The words that people read for the codes of a report: one table an enum, lazily translated.

Nothing here decides anything. Codes that are no enum of the lifecycle have theirs in
`word_codes`; the guard test holds both to the code.
"""

from collections.abc import Mapping

from flask_babel import LazyString, lazy_pgettext

from civicprobe.reports.lifecycle.commands import Ground, Marking, SuspendGround
from civicprobe.reports.lifecycle.table import Action, Outcome, Party, Severity, State, Topic

STATES: Mapping[State, LazyString] = {
    State.RECEIVED: lazy_pgettext("state", "已收到"),
    State.NEEDS_PLACE: lazy_pgettext("state", "待定位"),
    State.ASSIGNED: lazy_pgettext("state", "待核实"),
    State.FILED: lazy_pgettext("state", "已立案"),
    State.DISPATCHED: lazy_pgettext("state", "处置中"),
    State.SUSPENDED: lazy_pgettext("state", "缓办"),
    State.HANDLED: lazy_pgettext("state", "待核查"),
    State.MERGED: lazy_pgettext("state", "已并案"),
    State.CLOSED: lazy_pgettext("state", "已结案"),
}

# Who has it now, as its reporter reads it.
HOLDERS: Mapping[State, LazyString] = {
    State.RECEIVED: lazy_pgettext("holder", "正在查看这是哪里。"),
    State.NEEDS_PLACE: lazy_pgettext("holder", "看不出在哪里，请帮忙补充位置。"),
    State.ASSIGNED: lazy_pgettext("holder", "网格员正要去核实。"),
    State.FILED: lazy_pgettext("holder", "已核实，街道正在安排处理单位。"),
    State.DISPATCHED: lazy_pgettext("holder", "承办单位正在处理。"),
    State.SUSPENDED: lazy_pgettext("holder", "暂缓处理，到期会继续，不会忘记。"),
    State.HANDLED: lazy_pgettext("holder", "处理结果已反馈，街道正在核查。"),
    State.MERGED: lazy_pgettext("holder", "与更早的上报合在一起处理。"),
    State.CLOSED: lazy_pgettext("holder", "这件上报已办结。"),
}

OUTCOMES: Mapping[Outcome, LazyString] = {
    Outcome.FIXED: lazy_pgettext("outcome", "已修复"),
    Outcome.NOT_FOUND: lazy_pgettext("outcome", "现场未发现"),
    Outcome.NOT_A_HAZARD: lazy_pgettext("outcome", "不构成隐患"),
    Outcome.FALSE: lazy_pgettext("outcome", "不属实"),
    Outcome.OUT_OF_SCOPE: lazy_pgettext("outcome", "不属本级职责"),
    Outcome.TRANSFERRED: lazy_pgettext("outcome", "已转办"),
    Outcome.NO_PLACE: lazy_pgettext("outcome", "无法定位"),
    Outcome.OUTSIDE: lazy_pgettext("outcome", "市外"),
    Outcome.ABUSE: lazy_pgettext("outcome", "恶意或无关"),
    Outcome.WITHDRAWN: lazy_pgettext("outcome", "已撤回"),
}

# What a proposal says when the person adds no words of their own.
OUTCOME_NOTES: Mapping[Outcome, LazyString] = {
    Outcome.NOT_FOUND: lazy_pgettext("note", "已到现场查看，未发现所报隐患。"),
    Outcome.NOT_A_HAZARD: lazy_pgettext("note", "已查看，不构成隐患。"),
    Outcome.FALSE: lazy_pgettext("note", "已查看，与实际不符。"),
    Outcome.OUT_OF_SCOPE: lazy_pgettext("note", "不属本级职责范围。"),
    Outcome.TRANSFERRED: lazy_pgettext("note", "已转交负责单位。"),
    Outcome.NO_PLACE: lazy_pgettext("note", "现有信息无法确定位置。"),
    Outcome.OUTSIDE: lazy_pgettext("note", "该位置不在本市范围内。"),
    Outcome.ABUSE: lazy_pgettext("note", "内容与隐患无关。"),
}

# What a desk is offered to say to the rider.
CLOSING_NOTES: Mapping[Outcome, LazyString] = {
    Outcome.FIXED: lazy_pgettext("closing", "感谢您的上报，问题已经处理好，请看处理后的照片。"),
    Outcome.NOT_FOUND: lazy_pgettext(
        "closing", "感谢您的上报。我们到现场看过，没有发现所报的问题；如果还在，请退回重办。"
    ),
    Outcome.NOT_A_HAZARD: lazy_pgettext("closing", "感谢您的上报。经查看，这里不构成隐患。"),
    Outcome.FALSE: lazy_pgettext("closing", "经查看，所报情况与实际不符。"),
    Outcome.OUT_OF_SCOPE: lazy_pgettext(
        "closing", "感谢您的上报。这件事不属本级职责，可拨打 12345 反映。"
    ),
    Outcome.TRANSFERRED: lazy_pgettext("closing", "感谢您的上报，已转交负责单位办理。"),
    Outcome.NO_PLACE: lazy_pgettext(
        "closing", "感谢您的上报。我们没能找到这个位置；请带上定位或地标再报一次。"
    ),
    Outcome.OUTSIDE: lazy_pgettext("closing", "感谢您的上报。这个位置不在本市，请向当地反映。"),
    Outcome.ABUSE: lazy_pgettext("closing", "内容与隐患无关，已结束；如有误会，可以退回重办。"),
}

SEVERITIES: Mapping[Severity, LazyString] = {
    Severity.MINOR: lazy_pgettext("severity", "日常"),
    Severity.ORDINARY: lazy_pgettext("severity", "一般"),
    Severity.SERIOUS: lazy_pgettext("severity", "严重"),
    Severity.GRAVE: lazy_pgettext("severity", "重大"),
}

PARTIES: Mapping[Party, LazyString] = {
    Party.WORKER: lazy_pgettext("party", "系统"),
    Party.RIDER: lazy_pgettext("party", "骑手"),
    Party.REPORTER: lazy_pgettext("party", "上报人"),
    Party.FOLLOWER: lazy_pgettext("party", "关联人"),
    Party.MEMBER: lazy_pgettext("party", "网格员"),
    Party.UNIT: lazy_pgettext("party", "承办单位"),
    Party.CALLED: lazy_pgettext("party", "被吹哨单位"),
    Party.DESK: lazy_pgettext("party", "街道"),
    Party.DESK_ABOVE: lazy_pgettext("party", "上级"),
    Party.ARBITER: lazy_pgettext("party", "提级后的主管席位"),
}

TOPICS: Mapping[Topic, LazyString] = {
    Topic.RIDER_RECEIVED: lazy_pgettext("topic", "已收到您的上报"),
    Topic.RIDER_ASKED_PLACE: lazy_pgettext("topic", "请补充位置"),
    Topic.RIDER_QUESTION: lazy_pgettext("topic", "有一个问题请您回答"),
    Topic.RIDER_FILED: lazy_pgettext("topic", "已核实立案"),
    Topic.RIDER_HANDLED: lazy_pgettext("topic", "有处理结果，正在核查"),
    Topic.RIDER_CLOSED: lazy_pgettext("topic", "您的上报已办结"),
    Topic.RIDER_REOPENED: lazy_pgettext("topic", "您的上报已重新办理"),
    Topic.MEMBER_CARD: lazy_pgettext("topic", "有上报待核实"),
    Topic.UNIT_CASE: lazy_pgettext("topic", "有案件待处理"),
    Topic.DESK_PLACE: lazy_pgettext("topic", "有上报缺位置"),
    Topic.DESK_DISPATCH: lazy_pgettext("topic", "有案件待派遣"),
    Topic.DESK_CHECK: lazy_pgettext("topic", "有案件待核查"),
    Topic.DESK_RAISED: lazy_pgettext("topic", "有案件提级到您这里"),
    Topic.DUE_SOON: lazy_pgettext("topic", "快到时限"),
    Topic.OVERDUE: lazy_pgettext("topic", "已超时"),
    Topic.THRICE_OVERDUE: lazy_pgettext("topic", "已超时三倍"),
    Topic.RIDER_SUSPENDED: lazy_pgettext("topic", "您的上报暂缓处理，到期会继续"),
    Topic.RIDER_MERGED: lazy_pgettext("topic", "您的上报与更早的一件合在一起处理"),
    Topic.RIDER_FOLLOWS: lazy_pgettext("topic", "您的上报随主案有了变化"),
    Topic.RIDER_UNMASKED: lazy_pgettext("topic", "有上级批准查看您的身份，请看原因"),
    Topic.RIDER_RESULT: lazy_pgettext("topic", "您的上报转办后有了结果"),
    Topic.UNMERGED: lazy_pgettext("topic", "一件并案的上报又分出来了"),
    Topic.REMINDED: lazy_pgettext("topic", "有人催办"),
    Topic.URGENT: lazy_pgettext("topic", "紧急：请马上查看，按“我来盯”"),
    Topic.URGENT_TAKEN: lazy_pgettext("topic", "紧急的一件已有人盯"),
    Topic.UNIT_WHISTLE: lazy_pgettext("topic", "街道吹哨，请到场"),
    Topic.DESK_ANSWERED: lazy_pgettext("topic", "被吹哨的单位有回应"),
    Topic.DESK_REQUEST: lazy_pgettext("topic", "承办单位申请延期或缓办"),
    Topic.DESK_APPEAL: lazy_pgettext("topic", "上报人申诉：不是恶意"),
    Topic.DESK_UNMASK: lazy_pgettext("topic", "有下级申请实名查看"),
    Topic.DESK_RESULT: lazy_pgettext("topic", "已满 15 天，请写明结果"),
}

# On buttons.
ACTIONS: Mapping[Action, LazyString] = {
    Action.SUBMIT: lazy_pgettext("action", "上报"),
    Action.PLACE: lazy_pgettext("action", "定位"),
    Action.ASK_PLACE: lazy_pgettext("action", "请补位置"),
    Action.FILE: lazy_pgettext("action", "核实立案"),
    Action.DISPATCH: lazy_pgettext("action", "派遣"),
    Action.RETURN: lazy_pgettext("action", "退单"),
    Action.SUSPEND: lazy_pgettext("action", "缓办"),
    Action.RESUME: lazy_pgettext("action", "恢复"),
    Action.PROPOSE: lazy_pgettext("action", "办理反馈"),
    Action.SEND_BACK: lazy_pgettext("action", "返工"),
    Action.CLOSE: lazy_pgettext("action", "结案"),
    Action.MERGE: lazy_pgettext("action", "并案"),
    Action.FOLLOW: lazy_pgettext("action", "随主案"),
    Action.UNMERGE: lazy_pgettext("action", "撤销并案"),
    Action.SPLIT: lazy_pgettext("action", "拆分"),
    Action.WITHDRAW: lazy_pgettext("action", "撤回"),
    Action.REOPEN: lazy_pgettext("action", "没修好，退回重办"),
    Action.UNDO: lazy_pgettext("action", "撤销"),
    Action.ACCEPT: lazy_pgettext("action", "签收"),
    Action.REASSIGN: lazy_pgettext("action", "改派"),
    Action.REROUTE: lazy_pgettext("action", "随新地图转交"),
    Action.RECKON: lazy_pgettext("action", "重算时限"),
    Action.RAISE: lazy_pgettext("action", "提级"),
    Action.REQUEST: lazy_pgettext("action", "申请延期"),
    Action.EXTEND: lazy_pgettext("action", "延期"),
    Action.INSPECT: lazy_pgettext("action", "现场核查"),
    Action.ASK: lazy_pgettext("action", "要求补充"),
    Action.ADD: lazy_pgettext("action", "补充情况"),
    Action.RECLASSIFY: lazy_pgettext("action", "改类"),
    Action.RELOCATE: lazy_pgettext("action", "改位置"),
    Action.WHISTLE: lazy_pgettext("action", "街道吹哨"),
    Action.REMIND: lazy_pgettext("action", "催办"),
    Action.LEAVE: lazy_pgettext("action", "不再关联"),
    Action.RATE: lazy_pgettext("action", "评价"),
    Action.ACKNOWLEDGE: lazy_pgettext("action", "我来盯"),
    Action.CONFIRM: lazy_pgettext("action", "修好了吗"),
    Action.MARK: lazy_pgettext("action", "标记"),
    Action.RULE: lazy_pgettext("action", "指定管辖"),
    Action.APPEAL: lazy_pgettext("action", "申诉"),
    Action.WATCH: lazy_pgettext("action", "关注"),
    Action.ASK_UNMASK: lazy_pgettext("action", "申请实名查看"),
    Action.GRANT_UNMASK: lazy_pgettext("action", "批准实名查看"),
    Action.OPEN_ORIGINAL: lazy_pgettext("action", "查看原图"),
    Action.REDACT: lazy_pgettext("action", "遮挡"),
    Action.RESULT: lazy_pgettext("action", "写明转办结果"),
}

# In timelines.
STEPS: Mapping[Action, LazyString] = {
    Action.SUBMIT: lazy_pgettext("step", "已上报"),
    Action.PLACE: lazy_pgettext("step", "已定位并转交"),
    Action.ASK_PLACE: lazy_pgettext("step", "请上报人补位置"),
    Action.FILE: lazy_pgettext("step", "已核实立案"),
    Action.DISPATCH: lazy_pgettext("step", "已派遣"),
    Action.RETURN: lazy_pgettext("step", "承办单位退单"),
    Action.SUSPEND: lazy_pgettext("step", "已缓办"),
    Action.RESUME: lazy_pgettext("step", "已恢复办理"),
    Action.PROPOSE: lazy_pgettext("step", "已反馈结果"),
    Action.SEND_BACK: lazy_pgettext("step", "已退回返工"),
    Action.CLOSE: lazy_pgettext("step", "核查通过，已结案"),
    Action.MERGE: lazy_pgettext("step", "已并案"),
    Action.FOLLOW: lazy_pgettext("step", "随主案变化"),
    Action.UNMERGE: lazy_pgettext("step", "已撤销并案"),
    Action.SPLIT: lazy_pgettext("step", "已拆分"),
    Action.WITHDRAW: lazy_pgettext("step", "已撤回"),
    Action.REOPEN: lazy_pgettext("step", "已退回重办"),
    Action.UNDO: lazy_pgettext("step", "已撤销上一步"),
    Action.ACCEPT: lazy_pgettext("step", "承办单位已签收"),
    Action.REASSIGN: lazy_pgettext("step", "已改派"),
    Action.RECKON: lazy_pgettext("step", "时限或日历更新，到期时间已重算"),
    Action.REROUTE: lazy_pgettext("step", "地图更新，已转到新的责任区域"),
    Action.RAISE: lazy_pgettext("step", "已提级"),
    Action.REQUEST: lazy_pgettext("step", "申请延期"),
    Action.EXTEND: lazy_pgettext("step", "已延期"),
    Action.INSPECT: lazy_pgettext("step", "已现场核查"),
    Action.ASK: lazy_pgettext("step", "提出问题"),
    Action.ADD: lazy_pgettext("step", "已补充"),
    Action.RECLASSIFY: lazy_pgettext("step", "已改类"),
    Action.RELOCATE: lazy_pgettext("step", "已改位置"),
    Action.WHISTLE: lazy_pgettext("step", "已吹哨"),
    Action.REMIND: lazy_pgettext("step", "已催办"),
    Action.LEAVE: lazy_pgettext("step", "不再关联"),
    Action.RATE: lazy_pgettext("step", "已评价"),
    Action.ACKNOWLEDGE: lazy_pgettext("step", "紧急：已有人盯"),
    Action.CONFIRM: lazy_pgettext("step", "路过的骑手作答"),
    Action.MARK: lazy_pgettext("step", "已标记"),
    Action.RULE: lazy_pgettext("step", "已指定管辖"),
    Action.APPEAL: lazy_pgettext("step", "已申诉"),
    Action.WATCH: lazy_pgettext("step", "已关注"),
    Action.ASK_UNMASK: lazy_pgettext("step", "申请实名查看"),
    Action.GRANT_UNMASK: lazy_pgettext("step", "批准实名查看"),
    Action.OPEN_ORIGINAL: lazy_pgettext("step", "查看了原图"),
    Action.REDACT: lazy_pgettext("step", "已遮挡照片"),
    Action.RESULT: lazy_pgettext("step", "转办结果"),
}

GROUNDS: Mapping[Ground, LazyString] = {
    Ground.NOT_OURS: lazy_pgettext("ground", "不归本单位管"),
    Ground.WRONG_PLACE: lazy_pgettext("ground", "位置不对"),
    Ground.NOT_FOUND: lazy_pgettext("ground", "现场没有发现"),
    Ground.NOT_A_HAZARD: lazy_pgettext("ground", "不构成隐患"),
    Ground.ALREADY_OPEN: lazy_pgettext("ground", "已有同样的案件在办"),
    Ground.NEEDS_OTHERS: lazy_pgettext("ground", "要几家一起办"),
}

RATINGS: Mapping[str, LazyString] = {
    "satisfied": lazy_pgettext("rating", "满意"),
    "unsatisfied": lazy_pgettext("rating", "不满意"),
}

# What a desk knows of a case that another body has.
RESULTS: Mapping[str, LazyString] = {
    "received": lazy_pgettext("result", "对方已答复"),
    "waiting": lazy_pgettext("result", "还在等"),
}

# Why a case rests.
SUSPEND_GROUNDS: Mapping[SuspendGround, LazyString] = {
    SuspendGround.SEASON: lazy_pgettext("suspend", "天气或季节不宜施工"),
    SuspendGround.MATERIALS: lazy_pgettext("suspend", "等材料或设备"),
    SuspendGround.PLANNED: lazy_pgettext("suspend", "已列入改造计划"),
    SuspendGround.OWNERSHIP: lazy_pgettext("suspend", "权属在确认"),
    SuspendGround.PERMIT: lazy_pgettext("suspend", "等审批"),
}

WHISTLE_STATES: Mapping[str, LazyString] = {
    "called": lazy_pgettext("whistle", "已吹哨"),
    "acknowledged": lazy_pgettext("whistle", "已报到"),
    "on_site": lazy_pgettext("whistle", "已到场"),
    "answered": lazy_pgettext("whistle", "已答复"),
    "declined": lazy_pgettext("whistle", "不能来"),
    "cancelled": lazy_pgettext("whistle", "已取消"),
}

# What an inspection or a passing rider found.
FOUND: Mapping[str, LazyString] = {
    "fixed": lazy_pgettext("found", "修好了"),
    "not_fixed": lazy_pgettext("found", "没修好"),
    "fenced": lazy_pgettext("found", "做了围挡"),
    "unseen": lazy_pgettext("found", "看不到"),
}

# Why somebody has to look before it is closed.
DUE_BECAUSE: Mapping[str, LazyString] = {
    "high_severity": lazy_pgettext("inspection", "严重或重大"),
    "reopened": lazy_pgettext("inspection", "被退回重办过"),
    "reworked": lazy_pgettext("inspection", "返工过"),
    "doubtful_photo": lazy_pgettext("inspection", "处理后照片有疑点"),
    "drawn": lazy_pgettext("inspection", "十里抽一"),
    "riders_say_not": lazy_pgettext("inspection", "两位路过的骑手说没修好"),
}

MARKINGS: Mapping[Marking, LazyString] = {
    Marking.ABOUT_US: lazy_pgettext("marking", "涉及本单位"),
    Marking.SENSITIVE: lazy_pgettext("marking", "敏感"),
}
