"""The house's own words to a customer who did not answer the telephone, for shops that have written none.

The languages stand beside each other: what a customer reads follows their language, not a page's.
"""

Words = dict[tuple[str, str], tuple[str, str]]

WORDS: Words = {
    ("sms", "zh-hans"): ("", "{greeting}，您好！{branch}的{owner}给您打过电话，没能联系上您。{matter}{answer}\n您方便时请随时打给我们：{phone}"),
    ("sms", "zh-hant"): ("", "{greeting}，您好！{branch}的{owner}打過電話給您，沒能聯絡上您。{matter}{answer}\n您方便時請隨時打給我們：{phone}"),
    ("sms", "en"): ("", "Dear {greeting}, {owner} from {branch} tried to reach you by telephone. {matter} {answer}\nCall us whenever it suits you: {phone}"),
    ("email", "zh-hans"): ("{branch}给您打过电话", "{greeting}，您好！\n\n{branch}的{owner}给您打过电话，没能联系上您。\n\n{matter}\n{answer}\n\n您方便时请随时打给我们：{phone}\n"),
    ("email", "zh-hant"): ("{branch}打過電話給您", "{greeting}，您好！\n\n{branch}的{owner}打過電話給您，沒能聯絡上您。\n\n{matter}\n{answer}\n\n您方便時請隨時打給我們：{phone}\n"),
    ("email", "en"): ("We tried to reach you", "Dear {greeting},\n\n{owner} from {branch} tried to reach you by telephone.\n\n{matter}\n{answer}\n\nCall us whenever it suits you: {phone}\n"),
}  # fmt: skip
