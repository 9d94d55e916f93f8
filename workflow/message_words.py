"""The house's own words of its messages, for shops that have written none in the settings.

The languages stand beside each other: what a customer reads follows their language, not a page's.
"""

Words = dict[tuple[str, str], tuple[str, str]]

REMINDER: Words = {
    ("sms", "zh-hans"): (
        "",
        "{greeting}，您好！{branch}提醒您：{day} {time} {what}。{advice}\n{way}\n请点这里确认，或告诉我们想改的时间：{link}",
    ),
    ("sms", "zh-hant"): (
        "",
        "{greeting}，您好！{branch}提醒您：{day} {time} {what}。{advice}\n{way}\n請點這裡確認，或告訴我們想改的時間：{link}",
    ),
    ("sms", "en"): (
        "",
        "Dear {greeting}, {branch} looks forward to seeing you: {what}, {day}, {time}. {advice}\n{way}\nPlease confirm here, or tell us a time that suits you better: {link}",
    ),
    ("email", "zh-hans"): ("{what}提醒：{day} {time}", "{greeting}，您好！\n\n{day} {time}，{branch}恭候光临：{what}。\n\n{advice}\n\n{bring}\n\n{way}\n\n确认或改期：{link}\n"),
    ("email", "zh-hant"): ("{what}提醒：{day} {time}", "{greeting}，您好！\n\n{day} {time}，{branch}恭候光臨：{what}。\n\n{advice}\n\n{bring}\n\n{way}\n\n確認或改期：{link}\n"),
    ("email", "en"): (
        "{what}: {day}, {time}",
        "Dear {greeting},\n\nwe look forward to seeing you at {branch}: {what}, {day}, {time}.\n\n{advice}\n\n{bring}\n\n{way}\n\nTo confirm, or to ask for another time: {link}\n",
    ),
}  # fmt: skip

MOVED: Words = {
    ("sms", "zh-hans"): ("", "{greeting}，您好！您的{what}已由{old_day}{old_time}改到{day}{time}，{branch}恭候光临。请点这里确认，或告诉我们想改的时间：{link}"),
    ("sms", "zh-hant"): ("", "{greeting}，您好！您的{what}已由{old_day}{old_time}改到{day}{time}，{branch}恭候光臨。請點這裡確認，或告訴我們想改的時間：{link}"),
    ("sms", "en"): ("", "Dear {greeting}, your {what} at {branch} was moved from {old_day}, {old_time}, to {day}, {time}. Please confirm here, or tell us a time that suits you better: {link}"),
    ("email", "zh-hans"): ("{what}改到{day} {time}", "{greeting}，您好！\n\n您的{what}已由{old_day} {old_time}改到：\n{day} {time} {lunar}\n\n{branch}\n{address}\n\n确认或改期：{link}\n有事随时打给我们：{phone}\n"),
    ("email", "zh-hant"): ("{what}改到{day} {time}", "{greeting}，您好！\n\n您的{what}已由{old_day} {old_time}改到：\n{day} {time} {lunar}\n\n{branch}\n{address}\n\n確認或改期：{link}\n有事隨時打給我們：{phone}\n"),
    ("email", "en"): ("Your {what}: now {day}, {time}", "Dear {greeting},\n\nyour {what} was moved from {old_day}, {old_time}, to:\n{day}, {time}\n\n{branch}\n{address}\n\nTo confirm, or to ask for another time: {link}\nOr call us any time: {phone}\n"),
}  # fmt: skip
CALLED_OFF: Words = {
    ("sms", "zh-hans"): ("", "{greeting}，您好！您原定{old_day}{old_time}的{what}已取消。想另约时间，请随时打给{branch}：{phone}"),
    ("sms", "zh-hant"): ("", "{greeting}，您好！您原訂{old_day}{old_time}的{what}已取消。想另約時間，請隨時打給{branch}：{phone}"),
    ("sms", "en"): ("", "Dear {greeting}, your {what} at {branch} on {old_day}, {old_time}, was called off. Call us any time for another one: {phone}"),
    ("email", "zh-hans"): ("{old_day}的{what}已取消", "{greeting}，您好！\n\n您原定{old_day} {old_time}的{what}已取消。\n\n想另约时间，请随时打给我们：{phone}\n\n{branch}\n{address}\n"),
    ("email", "zh-hant"): ("{old_day}的{what}已取消", "{greeting}，您好！\n\n您原訂{old_day} {old_time}的{what}已取消。\n\n想另約時間，請隨時打給我們：{phone}\n\n{branch}\n{address}\n"),
    ("email", "en"): ("Your {what} on {old_day} was called off", "Dear {greeting},\n\nyour {what} on {old_day}, {old_time}, was called off.\n\nCall us any time for another one: {phone}\n\n{branch}\n{address}\n"),
}  # fmt: skip
