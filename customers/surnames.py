"""Surnames that are read otherwise than the same characters elsewhere, and those of two characters."""

TABLE = """
单 單 = shan
曾 = zeng
仇 = qiu
解 = xie
朴 = piao, pu
查 = zha
盖 蓋 = ge, gai
区 區 = ou
任 = ren
冼 = xian
折 = she
黑 = he
翟 = zhai
员 員 贠 = yun
召 = shao
缪 繆 = miao
种 = chong
重 = chong
覃 = qin, tan
乐 樂 = yue, le
么 = yao
牟 = mou, mu
乜 = nie
秘 = bi
宓 = mi
晁 = chao
郇 = xun, huan
郗 = xi, chi
葛 = ge
华 華 = hua
纪 紀 = ji
宁 寧 = ning
万俟 = mo qi
尉迟 尉遲 = yu chi
单于 單于 = chan yu
澹台 澹臺 = tan tai
长孙 長孫 = zhang sun
令狐 = ling hu
宗政 = zong zheng
鲜于 鮮于 = xian yu
"""
SURNAMES: dict[str, list[str]] = {
    surname: [reading.strip() for reading in right.split(",")]
    for left, right in (line.split("=") for line in TABLE.strip().splitlines())
    for surname in left.split()
}
"""The readings of each; the first is the one to sort by."""

DOUBLE = """
欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 公孙 公孫 慕容 夏侯 司徒 轩辕 軒轅 宇文 端木 南宫 南宮
独孤 獨孤 呼延 百里 西门 西門 闻人 聞人 太史 申屠 赫连 赫連 濮阳 濮陽 淳于 公冶 仲孙 仲孫 钟离 鍾離 段干
"""
DOUBLE_SURNAMES = frozenset(DOUBLE.split()) | {surname for surname in SURNAMES if len(surname) == 2}
