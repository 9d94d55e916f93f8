"""The demo shop's words: names in three languages, and what its messages say."""

# key → (English, 简体, 繁體)
NAMES = {
    "department_front_desk": ("Front desk", "门市部", "門市部"),
    "department_styling": ("Styling department", "造型设计部", "造型設計部"),
    "department_shooting": ("Shooting floor", "摄影部", "攝影部"),
    "department_selection": ("Selection room", "选片部", "挑片部"),
    "department_production": ("Production department", "制作部", "製作部"),
    "department_cashier": ("Cashier's desk", "收银台", "收銀台"),
    "package_evergreen": ("Evergreen, three looks", "长青套系 · 三套造型", "長青包套 · 三套造型"),
    "package_first_snow": ("First Snow, two looks", "初雪套系 · 两套造型", "初雪包套 · 兩套造型"),
    "package_portrait": ("Portrait in your own style", "个人写真 · 做自己", "個人寫真 · 做自己"),
    "package_hundred_days": ("Hundred days", "宝宝百天照", "寶寶百日照"),
    "package_four_generations": ("Four generations", "四世同堂全家福", "四代同堂全家福"),
    "package_team": ("The team", "企业团队照", "企業團隊照"),
    "look_white_gown": ("White gown", "白纱", "白紗"),
    "look_evening_dress": ("Evening dress", "晚装", "晚禮服"),
    "look_red_gown": ("Embroidered red gown", "中式秀禾", "中式龍鳳褂"),
    "look_own_style": ("Own clothes", "便装", "便服"),
    "look_little_prince": ("Little prince", "小王子", "小王子"),
    "look_tang_suit": ("Tang suit", "唐装", "唐裝"),
    "look_business": ("Business", "正装", "正裝"),
    "item_album": ("Album, 30 × 30 cm", "相册（12 寸）", "相本（12 吋）"),
    "item_frame": ("Framed picture", "相框", "相框"),
    "item_files": ("All retouched files", "精修电子版", "精修電子檔"),
    "item_prints": ("Prints, 15 × 20 cm", "照片（8 寸）", "照片（8 吋）"),
    "item_baby_book": ("Baby book", "宝宝成长册", "寶寶成長冊"),
    "item_group_print": ("Group print, 60 cm", "合影（24 寸）", "合影（24 吋）"),
    "room_floor_one": ("Floor 1, daylight", "一号棚（自然光）", "一號棚（自然光）"),
    "room_floor_two": ("Floor 2, sets", "二号棚（实景）", "二號棚（實景）"),
    "room_selection": ("Selection room", "选片室", "挑片室"),
    "location_garden": ("Riverside garden", "滨江花园外景", "河濱花園外景"),
    "vehicle_van": ("Van, seven seats", "七座商务车", "七人座廂型車"),
    "assistant_light": ("Lighting assistant", "灯光助理", "燈光助理"),
    "skill_newborns": ("Newborns", "新生儿拍摄", "新生兒拍攝"),
    "gown_cathedral": ("Cathedral train, pearls", "珍珠大拖尾", "珍珠長拖尾"),
    "gown_satin": ("Plain satin", "法式缎面", "法式緞面"),
    "gown_lace": ("Long-sleeved lace", "长袖蕾丝", "長袖蕾絲"),
    "gown_champagne": ("Champagne", "香槟色礼服", "香檳色禮服"),
    "gown_burgundy": ("Burgundy velvet", "酒红丝绒礼服", "酒紅絲絨禮服"),
    "gown_phoenix": ("Golden phoenix", "金凤秀禾", "金鳳龍鳳褂"),
    "gown_dragon": ("Dragon and phoenix", "龙凤秀禾", "龍鳳褂"),
    "gown_style_white": ("White gown", "白纱", "白紗"),
    "gown_style_evening": ("Evening dress", "晚礼服", "晚禮服"),
    "gown_style_red": ("Embroidered red gown", "秀禾", "龍鳳褂"),
    "special_outing": ("Our own outing", "店庆团建", "員工旅遊"),
    "service_breakfast": ("Breakfast on the day of the shoot", "拍摄当天早餐", "拍攝當天早餐"),
    "service_touch_up": ("Make-up kept fresh on the set", "全程跟妆", "全程跟妝"),
    "service_parking": ("Parking for three hours", "免费停车三小时", "免費停車三小時"),
    "service_second_try": ("A second try if the baby cries", "宝宝哭闹免费改拍一次", "寶寶哭鬧免費改拍一次"),
    "add_on_look": ("One more look", "加一套造型", "加一套造型"),
    "add_on_frame": ("Framed picture, 60 cm", "加挂画一幅（24 寸）", "加掛畫一幅（24 吋）"),
    "add_on_parents_album": ("Album for the parents", "父母版相册", "父母版相本"),
    "add_on_crystal": ("Crystal stand", "水晶摆台", "水晶擺台"),
    "add_on_retouch": ("One more retouched picture", "加精修一张", "加精修一張"),
    "add_on_film": ("Film of the day", "拍摄花絮微电影", "拍攝花絮微電影"),
    "add_on_car": ("Car on the wedding day", "婚礼当天用车", "婚禮當天用車"),
    "season_high": ("Spring season", "春季旺季价", "春季旺季價"),
    "season_quiet": ("Winter offer", "冬季优惠价", "冬季優惠價"),
    "gateway_sms": ("The customer's phone (demo)", "顾客手机（演示）", "顧客手機（示範）"),
    "gateway_email": ("The customer's mailbox (demo)", "顾客邮箱（演示）", "顧客信箱（示範）"),
    "rule_call": ("Confirmation call, two days before", "拍前两天确认电话", "拍攝前兩天確認電話"),
    "rule_message": (
        "Reminder with link, two days before",
        "拍前两天提醒（带链接）",
        "拍攝前兩天提醒（附連結）",
    ),
    "rule_week": ("Reminder of the shoot, a week before", "拍前一周提醒", "拍前一週提醒"),
    "rule_morning": ("Reminder on the morning of the shoot", "拍摄当天早上提醒", "拍攝當天早上提醒"),
    "rule_selection": ("Selection reminder, the day before", "选片前一天提醒", "挑片前一天提醒"),
    "rule_pickup": ("Pickup reminder, the day before", "取件前一天提醒", "取件前一天提醒"),
    "team_day": ("Magnolia team", "玉兰组", "玉蘭組"),
    "team_light": ("Camellia team", "山茶组", "山茶組"),
    "away_lunch": ("Lunch", "吃饭", "用餐"),
    "away_meeting": ("Meeting in the house", "店内会议", "店內會議"),
    "away_studio": ("With a customer in the studio", "陪顾客拍摄", "陪顧客拍攝"),
    "away_errand": ("Private errand", "私事外出", "私事外出"),
}

# (purpose, channel, language) → (subject, body)

HOPES = {
    "zh-hans": ["像我们平时的样子就好，别太摆。", "想要海边那种很轻的感觉。", "希望十年后看还觉得好看。"],
    "zh-hant": ["像平常的我們就好，不要太擺。", "想要很輕、很乾淨的感覺。", "希望十年後看還是喜歡。"],
}  # fmt: skip
FAMILY_HOPES = {
    "zh-hans": ["奶奶笑起来的那一张，一定要有。", "宝宝笑的那一下。"],
    "zh-hant": ["阿嬤笑起來的那一張一定要有。", "寶寶笑的那一下。"],
}
OBSERVATIONS = {
    "zh-hans": ["新娘爱喝温的柠檬水。", "新郎怕热，空调开低一点。", "很在意侧脸，左边更自信。", "宝宝听到小鸭子的声音会笑。", "外婆膝盖不好，备一把椅子。"],
    "zh-hant": ["新娘喜歡喝溫的檸檬水。", "新郎怕熱，冷氣開強一點。", "在意側臉，左邊比較有自信。", "寶寶聽到小鴨子的聲音會笑。", "外婆膝蓋不好，準備一張椅子。"],
}  # fmt: skip
TABOOS = {
    "zh-hans": ["别提体重。", "父母离异，合影站位先私下问。", "不要称呼“大龄”。", "对百合花粉过敏，布景不用百合。"],
    "zh-hant": ["別提體重。", "父母離異，合照站位請先私下詢問。", "不要提年紀。", "對百合花粉過敏，佈景不用百合。"],
}  # fmt: skip
PROMISES = {
    "zh-hans": ["多送两张精修", "相册封面换成布面", "拍摄当天留靠窗的化妆位"],
    "zh-hant": ["多送兩張精修", "相本封面換成布面", "拍攝當天保留靠窗的化妝位"],
}
REASONS = {
    "zh-hans": {"rain": "下雨，没拍成外景", "again": "想改到周末"},
    "zh-hant": {"rain": "下雨，沒拍成外景", "again": "想改到週末"},
}
RECOVERIES = {"zh-hans": "当晚电话致歉，补拍一套并送一张放大，顾客已满意。", "zh-hant": "當晚致電致歉，補拍一套並送一張放大，顧客已滿意。"}  # fmt: skip
COMPANIES = {"zh-hans": ["晨光设计", "云桥科技", "远山茶业"], "zh-hant": ["晨光設計", "雲橋科技", "遠山茶業"]}
COMPETITORS = {
    "zh-hans": ["蔷薇海岸摄影", "海棠映画", "巷口工作室"],
    "zh-hant": ["蔷薇婚紗", "愛河婚紗會館", "巷口工作室"],
}
CALLERS = {
    "zh-hans": [("想问儿童照的价格", "已报价，约周末来看样册"), ("问停车怎么走", "已说明，B2 可停三小时"), ("取件能不能改到晚上", "可以，留到八点半")],
    "zh-hant": [("想問兒童照的價格", "已報價，約週末來看樣本"), ("詢問停車怎麼走", "已說明，店後有特約停車場"), ("取件能不能改到晚上", "可以，保留到八點半")],
}  # fmt: skip
TALKS = {
    "zh-hans": ["聊得很愉快，还在和家里商量", "说最近忙搬家，下个月再看", "很喜欢新样册里的那一组", "妈妈觉得日子太赶，想再等等"],
    "zh-hant": ["聊得很愉快，還在和家裡商量", "說最近忙搬家，下個月再看", "很喜歡新樣本裡的那一組", "媽媽覺得日子太趕，想再等等"],
}  # fmt: skip
CLAIMS = {
    "zh-hans": "四月我在婚博会上先接待了他们，留过名片。",
    "zh-hant": "四月我在婚紗展先接待了他們，留過名片。",
}
PRIVATE_WISH = {"zh-hans": "想换一位更熟悉旗袍造型的老师。", "zh-hant": "想換一位更熟悉旗袍造型的顧問。"}
BANKED_WHY = {"zh-hans": ("备用零钱", "当日现金入保险柜"), "zh-hant": ("備用零錢", "當日現金入保險箱")}
COUNT_WHY = {"zh-hans": "找零时多找了一元", "zh-hant": "找零時多找了一元"}
DISCOUNT_WHY = {"zh-hans": "老顾客介绍来的，请再优惠一点", "zh-hant": "老顧客介紹來的，請再優惠一點"}
WISHES = {"zh-hans": "想拍中式和海边各一组，周末可以。", "zh-hant": "想拍中式和海邊各一組，週末可以。"}
WAITING_NOTE = {"zh-hans": "只要周末，上午优先", "zh-hant": "只要週末，上午優先"}
TRANSFER_NOTES = {
    "zh-hans": "顾客想要会粤语的同事，我们已经说好。",
    "zh-hant": "客人希望由會說台語的同事服務，我們已經說好。",
}
CASE_NOTES = {"zh-hans": "下午三点以后再打，上午在开会。", "zh-hant": "下午三點以後再打，上午在開會。"}
SHARED_WHY = {
    "zh-hans": "中途指名第一次接待的门市",
    "zh-hant": "中途指名第一次接待的門市",
}
CAME_FOR = {
    "zh-hans": {"couple": "婚纱照", "bride_alone": "婚纱照", "portrait": "个人写真", "baby": "百天照", "family": "全家福", "company": "团队照"},
    "zh-hant": {"couple": "婚紗照", "bride_alone": "婚紗照", "portrait": "個人寫真", "baby": "百日照", "family": "全家福", "company": "團隊照"},
}  # fmt: skip

REACH_NOTES = {
    "zh-hans": ["上班时不方便接电话。", "请先发短信，再打电话。", "新郎负责，打给他就好。"],
    "zh-hant": ["上班時不方便接電話。", "請先傳簡訊，再打電話。", "新郎負責，打給他就好。"],
}

OTHER_TIME = {"zh-hans": "那天要加班，换到周末可以吗？", "zh-hant": "那天要加班，可以改到週末嗎？"}
DEAD_NUMBER = {"zh-hans": "空号", "zh-hant": "空號"}
HOUSE = {
    "zh-hans": {
        "drinks": ["温柠檬水", "热茶", "矿泉水"],
        "meals": ["套餐两份，一份不辣", "面条和粥", "盒饭，新娘少油"],
        "places": ["洗手间", "楼下停车场", "更衣室"],
        "undone": ["下雨，外景没拍成", "时间不够了", "那套礼服还在清洗"],
        "made_good": "两周内补拍这一套，妆造不另收费",
        "waits": "婚期往后推，等两家商量好再定",
        "again": "室内那组光线偏暗，我们重拍一套",
        "ill": "摄影师今早发烧",
        "rain": "天气预报有雨",
        "missing": ["新娘的手捧花没送到", "和外婆的合影"],
        "why_missing": "花店送晚了，外婆也先回去了",
        "let_go": "没关系，下次再补",
        "unhappy": "等了快一个小时才换第二套",
    },
    "zh-hant": {
        "drinks": ["溫檸檬水", "熱茶", "礦泉水"],
        "meals": ["套餐兩份，一份不辣", "麵和粥", "便當，新娘少油"],
        "places": ["洗手間", "樓下停車場", "更衣室"],
        "undone": ["下雨，外景沒拍成", "時間不夠了", "那套禮服還在清洗"],
        "made_good": "兩週內補拍這一套，妝髮不另收費",
        "waits": "婚期延後，等兩家商量好再決定",
        "again": "室內那組光線偏暗，我們重拍一套",
        "ill": "攝影師今早發燒",
        "rain": "天氣預報有雨",
        "missing": ["新娘的捧花沒送到", "和外婆的合照"],
        "why_missing": "花店送晚了，外婆也先回去了",
        "let_go": "沒關係，下次再補",
        "unhappy": "等了快一個小時才換第二套",
    },
}
