"""The house's own words to a customer whose day is broken, for shops that have written none.

Kind, short, no cause: who looks over the customer's shoulder learns nothing (R9.9). The languages stand
beside each other: what a customer reads follows their language, not a page's."""

Words = dict[tuple[str, str], tuple[str, str]]

BROKEN: Words = {
    ("sms", "zh-hans"): ("", "{greeting}，您好！实在抱歉，{day}{time}的{what}，我们这边临时有些状况，怕照顾不好您。{proposal}我们会马上打电话给您；您也可以点这里选方便的时间：{link} {branch} {phone}"),
    ("sms", "zh-hant"): ("", "{greeting}，您好！真的很抱歉，{day}{time}的{what}，我們這邊臨時有些狀況，怕照顧不周。{proposal}我們會馬上打電話給您；您也可以點這裡選方便的時間：{link} {branch} {phone}"),
    ("sms", "en"): ("", "Dear {greeting}, we are very sorry: something has come up on our side, and on {day}, {time} we can’t look after you as we should for your {what}. {proposal} We will call you at once; or choose a time that suits you here: {link} {branch}, {phone}"),
    ("email", "zh-hans"): ("关于{day}的{what}", "{greeting}，您好！\n\n实在抱歉，{day} {time}的{what}，我们这边临时有些状况，怕照顾不好您。\n\n{proposal}\n\n我们会马上打电话给您；您也可以点这里选方便的时间：{link}\n\n给您添麻烦了，请多多原谅！\n\n{branch}\n{address}\n{phone}\n"),
    ("email", "zh-hant"): ("關於{day}的{what}", "{greeting}，您好！\n\n真的很抱歉，{day} {time}的{what}，我們這邊臨時有些狀況，怕照顧不周。\n\n{proposal}\n\n我們會馬上打電話給您；您也可以點這裡選方便的時間：{link}\n\n造成您的不便，請多多包涵！\n\n{branch}\n{address}\n{phone}\n"),
    ("email", "en"): ("Your {what} on {day}", "Dear {greeting},\n\nwe are very sorry: something has come up on our side, and on {day}, {time} we can’t look after you as we should for your {what}.\n\n{proposal}\n\nWe will call you at once; or choose a time that suits you here: {link}\n\nPlease forgive us.\n\n{branch}\n{address}\n{phone}\n"),
}  # fmt: skip

WEATHER: Words = {
    ("sms", "zh-hans"): ("", "{greeting}，您好！{day}{time}的{what}：{decision}{branch}恭候光临，有事随时打给我们：{phone}"),
    ("sms", "zh-hant"): ("", "{greeting}，您好！{day}{time}的{what}：{decision}{branch}恭候光臨，有事隨時打給我們：{phone}"),
    ("sms", "en"): ("", "Dear {greeting}, about your {what} on {day}, {time}: {decision} We look forward to seeing you at {branch}. Call us any time: {phone}"),
    ("email", "zh-hans"): ("{day}的{what}：天气安排", "{greeting}，您好！\n\n{day} {time}的{what}：{decision}\n\n{branch}恭候光临。\n{address}\n有事随时打给我们：{phone}\n"),
    ("email", "zh-hant"): ("{day}的{what}：天氣安排", "{greeting}，您好！\n\n{day} {time}的{what}：{decision}\n\n{branch}恭候光臨。\n{address}\n有事隨時打給我們：{phone}\n"),
    ("email", "en"): ("Your {what} on {day}: the weather", "Dear {greeting},\n\nabout your {what} on {day}, {time}: {decision}\n\nWe look forward to seeing you.\n\n{branch}\n{address}\nCall us any time: {phone}\n"),
}  # fmt: skip
