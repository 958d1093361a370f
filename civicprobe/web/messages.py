"""What each code means to a person: one table; the catalogs hold the English."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

TITLES = {
    # Who is asking
    "no_device": _l("这部手机还没有登记，请刷新页面后再试"),
    "not_signed_in": _l("请先登录"),
    "token_unknown": _l("令牌无效或已过期"),
    "token_reads_pages_only": _l("令牌在网页上只能查看"),
    "token_reads_only": _l("这个令牌只能查看，不能修改"),
    "code_wrong": _l("用户名或代码不对，或代码已过期"),
    "too_short": _l("密码至少要 10 个字符"),
    "too_long": _l("密码最多 128 个字符"),
    "no_account": _l("没有这个账号"),
    "username_malformed": _l("用户名只能用 3 到 32 位小写字母、数字和 . _ -"),
    "username_taken": _l("这个用户名已经有人用了"),
    "forbidden": _l("您没有权限做这件事"),
    "not_yours_to_do": _l("这一步不由您来办"),
    "not_below_you": _l("这个人不归您这里管，请由他的上级办"),
    "recused": _l("这是您自己的上报或处理，请由他人决定（回避）"),
    "cross_site": _l("请求来自别的网站，已拒绝"),
    "form_expired": _l("页面放得太久，请刷新后再提交；已填的内容请先复制"),
    "too_many_requests": _l("操作太快了，请稍等再试；已存的不会丢"),
    # What is asked for
    "no_such_page": _l("没有这个页面"),
    "method_not_allowed": _l("这个地址不接受这样的请求"),
    "no_report": _l("没有这个上报，或您不能查看它"),
    "no_photo": _l("没有这张照片，或还在处理"),
    "no_such_view": _l("没有这个列表"),
    "no_such_state": _l("没有这个状态"),
    "number_malformed": _l("受理号不对，请核对每一位数字"),
    "uuid_malformed": _l("编号格式不对"),
    "cursor_malformed": _l("翻页位置不对，请从第一页开始"),
    "limit_out_of_range": _l("每页条数超出范围"),
    "bad_request": _l("请求无法识别"),
    "not_json": _l("请求内容不是 JSON"),
    "incomplete": _l("有内容需要补充或改正"),
    "body_too_large": _l("文件太大"),
    # What has changed meanwhile
    "no_desk_above": _l("上面没有更高一级的值守"),
    "stale_version": _l("刚才有人先处理了，请看最新情况再决定"),
    "not_in_this_state": _l("现在的状态不能这样办"),
    "other_content": _l("同一编号已经提交过别的内容"),
    "photo_differs": _l("同一位置已经有另一张照片"),
    "photo_too_late": _l("上报已超过 7 天，不能再补照片"),
    "early_only_if_urgent": _l("只有紧急的才能提前派遣"),
    "member_dispatches_self_service": _l("这一类要由街道派遣"),
    "member_handles_self_service": _l("这一类要由承办单位处置"),
    "merged_before": _l("它没有并过案"),
    "within_14_days": _l("已超过 14 天"),
    "within_14_days_unless_desk": _l("结案已超过 14 天，请重新上报"),
    "third_by_desk": _l("已退回两次，请联系街道"),
    "not_withdrawn_or_merged": _l("已撤回或并案的不能退回重办"),
    "unopened": _l("网格员已经在看了，不能撤回；可以补充说明"),
    "unfollowed": _l("有人在关注，不能撤回；可以不再关联"),
    "not_urgent": _l("紧急的不能撤回；可以补充说明"),
    "urgent": _l("只有紧急的才能这样办"),
    "closed_as_abuse": _l("只有按恶意结案的才能申诉"),
    "outcome_not_proposable": _l("不能提这个结果"),
    "outcome_needs_place": _l("还没有位置，不能提这个结果"),
    "outcome_not_yours": _l("这个结果不由您提"),
    # Photos
    "photo_number": _l("照片编号只能是 1 到 3"),
    "photo_empty": _l("照片是空的，请重新选择"),
    "photo_not_an_image": _l("这不是能用的照片，请用 JPEG、PNG、WebP、HEIC 或 AVIF"),
    "photo_cut": _l("照片没有传完整，请重新发送"),
    "photo_too_large": _l("照片太大，请缩小后再发"),
    "photo_too_many_pixels": _l("照片像素太多，请缩小后再发"),
    "photo_mislabelled": _l("照片的类型与内容不符"),
    "photo_polyglot": _l("照片里夹带了别的文件，不能接收"),
    "photo_bytes_gone": _l("照片的文件已经不在"),
    "photo_bytes_damaged": _l("照片的文件已经损坏"),
    "digest_differs": _l("照片在传送中变了，请重新发送"),
    # Places and the map
    "coordinates_out_of_range": _l("坐标超出范围"),
    "coordinates_not_finite": _l("坐标不是数字"),
    "not_a_number": _l("这不是数字"),
    "no_such_datum": _l("没有这种坐标系，请用 wgs84、gcj02 或 bd09"),
    "radius_out_of_range": _l("误差半径超出范围"),
    "no_active_edition": _l("还没有启用的网格地图，请联系管理员"),
    "no_edition": _l("没有这个版本的地图"),
    # Ourselves
    "storage_full": _l("存储空间不足，请稍后再发；手机里请先留着"),
    "storage_failed": _l("照片暂时存不了，请稍后再发；手机里请先留着"),
    "storage_used_before_fork": _l("服务启动方式不对，请联系管理员"),
    "database_busy": _l("系统正忙，没有存下这一步，请再试一次"),
    "failed": _l("系统出错，没有存下这一步，请再试一次；仍不行请告诉我们下面的编号"),
}


def title_of(code: str) -> str:
    """The sentence for a code; the code itself where the table lacks it (a test forbids that)."""
    found = TITLES.get(code)
    return str(found) if found is not None else gettext("有问题：%(code)s", code=code)
