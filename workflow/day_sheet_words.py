"""The house's own words around the sheets of a day, sent to a colleague. The languages stand beside each
other: what somebody reads follows their language, not a page's."""

Words = dict[tuple[str, str], tuple[str, str]]

WORDS: Words = {
    ("email", "zh-hans"): (
        "{day}的作业表 · {branch}",
        (
            "{name}，您好！\n\n{branch} {day}的安排：\n\n{list}\n\n"
            "这封信断网也能看。要打印，请打开“每日作业表”页。\n"
        ),
    ),
    ("email", "zh-hant"): (
        "{day}的作業表 · {branch}",
        (
            "{name}，您好！\n\n{branch} {day}的安排：\n\n{list}\n\n"
            "這封信斷網也能看。要列印，請開啟「每日作業表」頁。\n"
        ),
    ),
    ("email", "en"): (
        "Sheets for {day} · {branch}",
        (
            "Dear {name},\n\nthis is the day at {branch}, {day}:\n\n{list}\n\n"
            "This letter can be read without network. To print the sheets, open the page “Day-sheets”.\n"
        ),
    ),
}
