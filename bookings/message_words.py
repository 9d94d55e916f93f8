"""The house's own words of its messages, for branches that have written none in the settings."""

CODE = {
    ("sms", "zh-hans"): ("", "{branch}：您的验证码是 {code}，{minutes} 分钟内有效。不是您本人操作，请不必理会。"),
    ("sms", "zh-hant"): ("", "{branch}：您的驗證碼是 {code}，{minutes} 分鐘內有效。若非您本人操作，請不必理會。"),
    ("sms", "en"): ("", "{branch}: your code is {code}, valid for {minutes} minutes. If it was not you, there is nothing to do."),
}  # fmt: skip
