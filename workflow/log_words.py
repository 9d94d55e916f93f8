"""How old visitor logs call their columns, and how people write the choices in them, in three languages."""

HEADINGS = """
day = date, 日期, 进店日期, 進店日期, 来店日期, 來店日期, 到店日期
time = time, arrived, 时间, 時間, 进店时间, 進店時間, 来店时间, 來店時間, 到店时间, 到店時間
name = customer, names, visitor, 姓名, 顾客, 顧客, 顾客姓名, 顧客姓名, 客户姓名, 客戶姓名, 新人,
    新人姓名
phone = phone, mobile, tel, number, 电话, 電話, 手机, 手機, 手机号, 手機號碼, 联系电话, 聯絡電話,
    联系方式
people = people, party, party size, 人数, 人數, 几位, 幾位
consultant = received by, colleague, 接待人, 接待, 门市, 門市, 接单员, 接單員, 接待门市, 接待門市,
    负责门市, 專屬門市
heard_from = source, heard from, channel, 来源, 來源, 客源, 渠道, 管道, 客资来源, 得知管道
came_for = purpose, came for, 来意, 來意, 咨询项目, 諮詢項目, 需求, 项目, 項目
visitor_kind = kind, visitor kind, 顾客类型, 顧客類型, 类型, 類型, 客人类型
interest = interest, 意向, 意向程度, 意向度, 阶段, 階段, 购买阶段, 購買階段
wish_date = wish day, 意向日期, 期望日期, 希望日期, 拍摄意向日期, 拍攝意向日期
outcome = result, 结果, 結果, 成交情况, 成交情況, 是否成交, 是否成单, 成单情况
loss_reason = reason, lost because, 未成单原因, 未下訂原因, 未成交原因, 流失原因, 原因, 没成原因
competitor = competitor, 竞争对手, 競爭對手, 去了哪家, 同行, 对比哪家, 哪家同行
greeted = greeted, 招呼时间, 招呼時間, 接待时间, 接待時間
left = left, departure, 离店时间, 離店時間, 离开时间, 離開時間
notes = note, remarks, 备注, 備註, 说明, 說明, 沟通内容, 溝通內容
"""

WORDS = {
    "outcome": """
won = 成单, 已成单, 成交, 已成交, 已下訂, 下訂, 订单, 已订, 是, yes, sold
undecided = 未定, 再考虑, 再考慮, 考虑中, 考慮中, 待定, 跟进中, pending
lost = 未成单, 未成交, 未下訂, 流失, 没成, 否, no
""",
    "loss_reason": """
comparing = 还在比较, 還在比較, 比较, 比較, 多看几家
price = 价格, 價格, 太贵, 太貴, 价格高, 价位, 預算, 预算, too expensive
style = 风格, 風格, 风格不合适, 作品风格
date_full = 档期, 檔期, 档期满, 档期已满, 檔期已滿, 没档期, no date
family = 家人不同意, 家人, 家里不同意, 家人意见, family
competitor = 同行, 竞争对手, 競爭對手, 去了别家, 去了別家, 别家, 別家
left = 没谈就走, 沒談就走, 未接待, 走了, 没聊就走了
""",
    "heard_from": """
walked_in = 路过, 路過, 自然进店, 自然進店, 散客, walk-in, walk in
friend = 朋友, 朋友介绍, 朋友介紹, 介绍, 转介绍, 轉介紹
internet = 网络, 網路, 网上, 抖音, 小红书, 小紅書, 美团, 大众点评, 微信, online
fair = 婚博会, 婚博會, 展会, 展會, 婚展
hotel = 酒店, 饭店, 飯店, 酒店推荐
again = 老顾客, 老客户, 老顧客, 老客戶, 回头客, 回頭客
other = 其他, 其它
""",
    "visitor_kind": """
purpose = 有目的, 目的型, 专程, 專程
looking = 随便看看, 隨便看看, 闲逛, 閒逛, 闲逛型
impulse = 冲动型, 衝動型, 冲动, 衝動
""",
    "interest": """
attention = 注意
interest = 兴趣, 興趣
association = 联想, 聯想
desire = 欲望, 慾望
comparison = 比较, 比較
trust = 信任, 信心
action = 行动, 行動
satisfaction = 满足, 滿足, 满意
""",
}


def words_in(table: str) -> dict[str, list[str]]:
    """{"won": ["成单", …], …}: a line that does not begin a new entry goes on with the one before."""
    found: dict[str, list[str]] = {}
    entry = ""
    for line in table.strip().splitlines():
        name, equals, words = line.partition(" = ")
        entry, words = (name, words) if equals else (entry, line)
        found.setdefault(entry, []).extend(word.strip() for word in words.split(",") if word.strip())
    return found
