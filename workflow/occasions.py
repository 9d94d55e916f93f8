"""Occasions (由头, R2.1): what a contact is about. A branch begins with this library and makes it its own.

Each line is pleasant and asks for nothing: first the person, then the idea. `%(guests)s` is how they are
called.
"""

from dataclasses import dataclass

from django.db import connection, transaction

from customers.models import Customer, CustomerKind
from studio.staff.models import Branch
from workflow.models import Occasion, OccasionCalendar, OccasionKind

LIBRARY_LOCK = 0x0CCA
"""First key of the advisory lock under which a branch is given its library; the second is the branch's id."""


@dataclass(frozen=True)
class Entry:
    """One occasion of the library: its names and lines in English, 简体 and 繁體."""

    names: tuple[str, str, str]
    lines: tuple[str, str, str]
    kind: str = OccasionKind.ANY
    calendar: str = OccasionCalendar.SOLAR
    month: int | None = None
    day: int | None = None
    suits: str = ""


def festival(
    month: int,
    day: int,
    names: tuple[str, str, str],
    lines: tuple[str, str, str],
    *,
    lunar: bool = False,
    suits: str = "",
) -> Entry:
    calendar = OccasionCalendar.LUNAR if lunar else OccasionCalendar.SOLAR
    return Entry(names, lines, OccasionKind.FESTIVAL, calendar, month, day, suits)


LIBRARY: tuple[Entry, ...] = (
    # --- Festivals: said some days before ---------------------------------------------------
    festival(
        1,
        1,
        ("Spring Festival", "春节", "春節"),
        (
            "The Spring Festival is near: I wish %(guests)s and the whole family a happy new year!",
            "快过年了，提前给%(guests)s和家里人拜个年，祝新的一年和和美美！",
            "快過年了，先跟%(guests)s和家人拜個早年，祝新的一年和和美美！",
        ),
        lunar=True,
    ),
    festival(
        1,
        15,
        ("Lantern Festival", "元宵节", "元宵節"),
        (
            "The Lantern Festival is coming; I hope %(guests)s will see it together.",
            "元宵节到了，祝%(guests)s团团圆圆，也别忘了一起去看花灯。",
            "元宵節到了，祝%(guests)s團團圓圓，也別忘了一起去看花燈。",
        ),
        lunar=True,
    ),
    festival(
        2,
        14,
        ("Valentine's Day", "情人节", "情人節"),
        (
            "Valentine's Day is near, and I thought of %(guests)s: have a lovely day together.",
            "情人节快到了，想起%(guests)s，祝二人世界甜甜蜜蜜。",
            "情人節快到了，想起%(guests)s，祝兩個人的小日子甜甜蜜蜜。",
        ),
        suits=CustomerKind.COUPLE,
    ),
    festival(
        5,
        20,
        ("The twentieth of May", "五二〇", "五二〇"),
        (
            "The twentieth of May is near: all that is sweet to %(guests)s!",
            "快到五二〇了，祝%(guests)s天天都像这一天。",
            "快到五二〇了，祝%(guests)s天天都像這一天。",
        ),
        suits=CustomerKind.COUPLE,
    ),
    festival(
        5,
        5,
        ("Dragon Boat Festival", "端午节", "端午節"),
        (
            "The Dragon Boat Festival is near: I wish %(guests)s health and good rice dumplings.",
            "端午快到了，祝%(guests)s安康，粽子记得趁热吃。",
            "端午快到了，祝%(guests)s安康，粽子記得趁熱吃。",
        ),
        lunar=True,
    ),
    festival(
        7,
        7,
        ("Qixi", "七夕", "七夕"),
        (
            "Qixi is near, the evening of those who love each other: all good wishes to %(guests)s.",
            "七夕快到了，祝%(guests)s情意绵长，那天晚上记得抬头看看星星。",
            "七夕快到了，祝%(guests)s情意綿長，那天晚上記得抬頭看看星星。",
        ),
        lunar=True,
        suits=CustomerKind.COUPLE,
    ),
    festival(
        8,
        15,
        ("Mid-Autumn Festival", "中秋节", "中秋節"),
        (
            "The Mid-Autumn Festival is near: I wish %(guests)s a full moon and everybody at home.",
            "中秋快到了，祝%(guests)s花好月圆，一家人团团圆圆。",
            "中秋快到了，祝%(guests)s花好月圓，一家人團團圓圓。",
        ),
        lunar=True,
    ),
    festival(
        12,
        24,
        ("Christmas", "圣诞节", "聖誕節"),
        (
            "The shop stands in lights for Christmas; I wish %(guests)s a warm winter.",
            "店里的圣诞树亮起来了，祝%(guests)s这个冬天暖暖的。",
            "店裡的聖誕樹亮起來了，祝%(guests)s這個冬天暖暖的。",
        ),
    ),
    # --- A day of their own -------------------------------------------------------------------
    Entry(
        ("A birthday in the family", "家人生日", "家人生日"),
        (
            "I saw that there is a birthday in your family: all the best from all of us, %(guests)s!",
            "看到家里有人要过生日了，我们全店祝%(guests)s一家生日快乐、平平安安！",
            "看到家裡有人要過生日了，我們全店祝%(guests)s一家生日快樂、平平安安！",
        ),
        OccasionKind.BIRTHDAY,
    ),
    # --- Seasons: the branch sets from when until when ------------------------------------------
    Entry(
        ("The new collection", "新款礼服到店", "新款禮服到店"),
        (
            "The new gowns have come in, and one of them made me think of %(guests)s at once.",
            "新一季的礼服刚到店，有一件我一看就想起了%(guests)s。",
            "新一季的禮服剛到店，有一件我一看就想起了%(guests)s。",
        ),
        OccasionKind.SEASON,
        suits=CustomerKind.COUPLE,
    ),
    Entry(
        ("The light of the season", "当季外景正好", "當季外景正好"),
        (
            "The light outside is at its most beautiful these weeks; I wanted to tell %(guests)s.",
            "这阵子外景的光线特别美，忍不住想跟%(guests)s说一声。",
            "這陣子外景的光線特別美，忍不住想跟%(guests)s說一聲。",
        ),
        OccasionKind.SEASON,
    ),
    # --- Any time ---------------------------------------------------------------------------
    Entry(
        ("Pictures of a similar couple", "相似新人的样片", "相似新人的樣片"),
        (
            "A couple much like you has let us show their pictures; I kept some aside for %(guests)s.",
            "有一对和二位气质很像的新人，样片刚出来，也同意给朋友看，我给%(guests)s留了几张。",
            "有一對和兩位氣質很像的新人，樣片剛出來，也同意給朋友看，我幫%(guests)s留了幾張。",
        ),
        suits=CustomerKind.COUPLE,
    ),
    Entry(
        ("A small guide to preparing", "备拍小手册", "備拍小手冊"),
        (
            "We have written down what couples ask us most, on one page; may I send it to %(guests)s?",
            "我们把新人最常问的事整理成一页小手册，想送%(guests)s一份，用不用得上都好。",
            "我們把新人最常問的事整理成一頁小手冊，想送%(guests)s一份，用不用得上都好。",
        ),
        suits=CustomerKind.COUPLE,
    ),
    Entry(
        ("Good days of the year", "一年的好日子", "一年的好日子"),
        (
            "Our calendar of good days is ready; I have put one aside for %(guests)s.",
            "今年的好日子日历印好了，我给%(guests)s留了一本。",
            "今年的好日子日曆印好了，我幫%(guests)s留了一本。",
        ),
        suits=CustomerKind.COUPLE,
    ),
    Entry(
        ("A new set on the shooting floor", "新景落成", "新景落成"),
        (
            "We have built a new set; come and look some day, %(guests)s, just for pleasure.",
            "影棚新搭了一个景，%(guests)s哪天路过，进来看看就好。",
            "攝影棚新搭了一個景，%(guests)s哪天路過，進來看看就好。",
        ),
    ),
    Entry(
        ("An afternoon of trying on", "试衣下午茶", "試衣下午茶"),
        (
            "On some afternoons we serve tea and guests try on what they like; %(guests)s would be welcome.",
            "我们有试衣下午茶，喝喝茶、试试喜欢的礼服，%(guests)s有空就来坐坐。",
            "我們有試衣下午茶，喝喝茶、試試喜歡的禮服，%(guests)s有空就來坐坐。",
        ),
        suits=CustomerKind.COUPLE,
    ),
    Entry(
        ("An album that was finished", "刚做好的一本相册", "剛做好的一本相本"),
        (
            "An album came back from the bindery, very quiet and fine; I should like %(guests)s to see it.",
            "刚做好一本相册，安安静静的，特别耐看，很想让%(guests)s也看看。",
            "剛做好一本相本，安安靜靜的，特別耐看，很想讓%(guests)s也看看。",
        ),
    ),
    Entry(
        ("A question of taste", "想听听您的眼光", "想聽聽您的眼光"),
        (
            "We are choosing the picture for our window, and I remembered the good eye of %(guests)s.",
            "我们在挑橱窗的照片，想起%(guests)s眼光特别好，想听听意见。",
            "我們在挑櫥窗的照片，想起%(guests)s眼光特別好，想聽聽意見。",
        ),
    ),
    Entry(
        ("Pictures for the parents", "给父母的照片", "給父母的照片"),
        (
            "Many couples bring their parents for one picture; it made me think of the family of %(guests)s.",
            "最近好多新人带父母来补拍一张，想起%(guests)s家里的长辈，替我问个好。",
            "最近好多新人帶父母來補拍一張，想起%(guests)s家裡的長輩，幫我問個好。",
        ),
        suits=CustomerKind.COUPLE,
    ),
    Entry(
        ("Pictures of a child growing up", "宝贝成长样片", "寶貝成長樣片"),
        (
            "A little one was here for the third year running; the pictures side by side move everybody.",
            "有个宝贝连着第三年来拍，几张放在一起看，谁看谁心软，想给%(guests)s也看看。",
            "有個寶貝連續第三年來拍，幾張放在一起看，誰看誰心軟，想給%(guests)s也看看。",
        ),
        suits=CustomerKind.FAMILY,
    ),
    Entry(
        ("A ruler for the wall", "身高尺小礼物", "身高尺小禮物"),
        (
            "We have had rulers for the children's wall made; one lies here for %(guests)s.",
            "我们做了一批宝宝身高尺，给%(guests)s留了一把，路过时来拿就好。",
            "我們做了一批寶寶身高尺，幫%(guests)s留了一把，路過時來拿就好。",
        ),
        suits=CustomerKind.FAMILY,
    ),
    Entry(
        ("Three generations in one picture", "三代同框", "三代同框"),
        (
            "A grandmother cried with joy over her picture last week, and I thought of %(guests)s.",
            "上周有位外婆看到三代同框的照片，高兴得掉眼泪，我就想起了%(guests)s一家。",
            "上週有位外婆看到三代同框的照片，高興得掉眼淚，我就想起了%(guests)s一家。",
        ),
        suits=CustomerKind.FAMILY,
    ),
    Entry(
        ("A small exhibition", "店里的小影展", "店裡的小影展"),
        (
            "We have hung a small exhibition in the shop, just to look at; %(guests)s would be welcome.",
            "店里挂了一个小影展，纯欣赏，%(guests)s有空来走走看看。",
            "店裡辦了一個小影展，純欣賞，%(guests)s有空來走走看看。",
        ),
    ),
    Entry(
        ("The tea of the season", "当季新茶", "當季新茶"),
        (
            "The tea of the season has come; a cup stands ready for %(guests)s, with nothing to decide.",
            "店里到了当季的新茶，给%(guests)s留一杯，来坐坐就好，不谈别的。",
            "店裡到了當季的新茶，幫%(guests)s留一杯，來坐坐就好，不談別的。",
        ),
    ),
    Entry(
        ("A picture postcard", "手写明信片", "手寫明信片"),
        (
            "We have printed our own postcards; may I write one to %(guests)s?",
            "我们印了自家的照片明信片，想给%(guests)s手写一张寄过去，方便吗？",
            "我們印了自家的照片明信片，想幫%(guests)s手寫一張寄過去，方便嗎？",
        ),
    ),
    Entry(
        ("Just to ask how you are", "问候一声", "問候一聲"),
        (
            "I only wanted to ask how %(guests)s are; the last weeks must have been busy.",
            "没什么事，就是想问候%(guests)s一声，最近忙坏了吧？",
            "沒什麼事，就是想問候%(guests)s一聲，最近忙壞了吧？",
        ),
    ),
)


def install_library(branch: Branch) -> int:
    """Give a branch that has no occasions the library; how many were made. Again, or twice at once, it is
    the same: what a branch has is left as it is."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LIBRARY_LOCK, branch.pk])
        if Occasion.objects.filter(branch=branch).exists():
            return 0
        made = Occasion.objects.bulk_create(
            occasion_of(branch, entry, position) for position, entry in enumerate(LIBRARY, start=1)
        )
        return len(made)


def occasion_of(branch: Branch, entry: Entry, position: int) -> Occasion:
    return Occasion(
        branch=branch,
        kind=entry.kind,
        calendar=entry.calendar,
        month=entry.month,
        day=entry.day,
        suits=entry.suits,
        position=position,
        name_en=entry.names[0],
        name_zh_hans=entry.names[1],
        name_zh_hant=entry.names[2],
        line_en=entry.lines[0],
        line_zh_hans=entry.lines[1],
        line_zh_hant=entry.lines[2],
    )


def of_branch(branch: Branch) -> list[Occasion]:
    """The occasions in use, in their order; a branch that never had any begins with the library."""
    if not Occasion.objects.filter(branch=branch).exists():
        install_library(branch)
    return list(Occasion.objects.filter(branch=branch, is_active=True))


def for_customer(customer: Customer) -> list[Occasion]:
    """Those that suit this kind of customer."""
    return [occasion for occasion in of_branch(customer.branch) if occasion.suits in ("", customer.kind)]
