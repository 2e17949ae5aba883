"""What the demo company sells: categories, words to name products from, and complements."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ware:
    """A category and what is true of it."""

    name: str
    name_zh: str
    code: str
    cost_rate: float  # unit cost as a share of the list price
    elasticity: float  # planted: a price 1 % higher sells this many % more
    to_people: float  # how much people buy of it, and companies
    to_companies: float
    peak: int  # day of the year when most is sold
    swing: float  # how much more at the peak than on average
    gift: float  # factor in the weeks before Spring Festival and Mid-Autumn
    returned: float  # factor on the return rate
    nouns: str  # English:Chinese:price


WARES = (
    Ware("Tea & Coffee", "茶与咖啡", "TEA", 0.50, -1.2, 1.3, 1.3, 105, 0.22, 1.7, 0.7,
         "Longjing Green Tea:龙井绿茶:168 Dahongpao Oolong:大红袍:198 "
         "Jasmine Tea:茉莉花茶:88 Pu'er Tea Cake:普洱茶饼:128 White Peony Tea:白牡丹:138 "
         "Drip Coffee:挂耳咖啡:59 Coffee Beans:咖啡豆:98 Cold Brew Concentrate:冷萃咖啡液:79 "
         "Tieguanyin:铁观音:158 Black Tea:红茶:89 Fruit Tea:水果茶:69 "
         "Instant Coffee:速溶咖啡:49"),
    Ware("Snacks & Gift Boxes", "零食礼盒", "GIF", 0.52, -1.6, 1.5, 1.2, 10, 0.18, 2.6, 0.7,
         "Nut Gift Box:坚果礼盒:158 Dried Mango:芒果干:39 Egg Rolls:蛋卷:45 "
         "Mooncake Box:月饼礼盒:168 Beef Jerky:牛肉干:69 Chocolate Box:巧克力礼盒:118 "
         "Walnut Cakes:核桃酥:49 Seaweed Crisps:海苔脆:35 Honey:蜂蜜:88 Dates:红枣:59 "
         "Festival Hamper:节日礼篮:228 Rice Crackers:米饼:29"),
    Ware("Kitchenware", "厨房用品", "KIT", 0.54, -1.9, 1.0, 0.6, 330, 0.14, 1.1, 0.9,
         "Cast Iron Wok:铸铁炒锅:239 Chef Knife:厨师刀:168 Glass Containers:玻璃保鲜盒:99 "
         "Tea Set:茶具套装:259 Cutting Board:砧板:79 Bowl Set:碗碟套装:198 Soup Pot:汤锅:269 "
         "Thermos Flask:保温杯:119 Coffee Dripper:手冲壶:149 Steamer:蒸笼:129 "
         "Gongfu Teapot:紫砂壶:288 Baking Tray:烤盘:65"),
    Ware("Home & Living", "家居生活", "HOM", 0.53, -1.7, 1.1, 0.5, 300, 0.16, 0.9, 1.2,
         "Cotton Bedding Set:全棉四件套:369 Latex Pillow:乳胶枕:229 Bath Towel:浴巾:59 "
         "Desk Lamp:台灯:149 Storage Box:收纳箱:69 Wool Blanket:羊毛毯:299 Curtains:窗帘:189 "
         "Aroma Diffuser:香薰机:199 Floor Mat:地垫:89 Silk Quilt:蚕丝被:598 "
         "Wall Clock:挂钟:128 Laundry Basket:洗衣篮:75"),
    Ware("Small Appliances", "小家电", "APP", 0.61, -2.4, 0.9, 0.6, 190, 0.24, 1.0, 1.4,
         "Air Purifier:空气净化器:899 Rice Cooker:电饭煲:399 Electric Kettle:电热水壶:139 "
         "Fan:循环扇:229 Humidifier:加湿器:259 Robot Vacuum:扫地机器人:1699 "
         "Air Fryer:空气炸锅:459 Coffee Machine:咖啡机:1199 Hair Dryer:吹风机:269 "
         "Soy Milk Maker:豆浆机:349 Garment Steamer:挂烫机:219 Heater:取暖器:319"),
    Ware("Office Supplies", "办公用品", "OFF", 0.55, -0.9, 0.3, 2.6, 245, 0.15, 0.8, 0.7,
         "Copy Paper:复印纸:26 Gel Pens:中性笔:22 Notebook:笔记本:15 "
         "Toner Cartridge:硒鼓:268 File Folders:文件夹:18 Desk Organiser:桌面收纳:65 "
         "Whiteboard:白板:239 Stapler:订书机:24 Label Printer:标签打印机:499 "
         "Shredder:碎纸机:699 Sticky Notes:便利贴:12 Calculator:计算器:58"),
    Ware("Digital Accessories", "数码配件", "DIG", 0.60, -2.1, 1.0, 1.0, 320, 0.12, 0.9, 1.5,
         "Wireless Earbuds:无线耳机:349 Power Bank:充电宝:149 USB-C Hub:扩展坞:229 "
         "Mechanical Keyboard:机械键盘:379 Wireless Mouse:无线鼠标:129 "
         "Phone Stand:手机支架:49 Webcam:摄像头:259 Fast Charger:快充头:99 "
         "Bluetooth Speaker:蓝牙音箱:269 Laptop Sleeve:电脑包:119 Charging Cable:数据线:29 "
         "Smart Band:智能手环:239"),
    Ware("Outdoor & Sports", "户外运动", "OUT", 0.56, -2.0, 0.8, 0.3, 145, 0.34, 0.7, 1.3,
         "Camping Tent:露营帐篷:599 Folding Chair:折叠椅:149 Yoga Mat:瑜伽垫:118 "
         "Hiking Pack:登山包:329 Sports Bottle:运动水壶:79 Sun Hoodie:防晒衣:169 "
         "Badminton Set:羽毛球套装:139 Picnic Mat:野餐垫:89 Trekking Poles:登山杖:199 "
         "Camp Lantern:露营灯:109 Dumbbells:哑铃:159 Skipping Rope:跳绳:35"),
)  # fmt: skip
# makes a product of a noun: word, Chinese, factor on the price
FOOD = (
    ("Classic", "经典款", 1.0), ("Premium", "臻选", 1.6), ("Travel Pack", "便携装", 0.6),
    ("Family Size", "家庭装", 1.5), ("Mini", "迷你装", 0.45), ("Reserve", "珍藏", 2.2),
    ("Limited Edition", "限定款", 1.7), ("Value Pack", "实惠装", 1.25),
    ("Duo Pack", "双享装", 1.9),
    ("Trial Size", "尝鲜装", 0.35), ("Signature", "匠心", 1.8), ("Everyday", "口粮款", 0.8),
)  # fmt: skip
OFFICE = (
    ("Standard", "标准装", 1.0), ("Bulk Pack", "整箱装", 4.5), ("Pro", "专业版", 1.7),
    ("Eco", "环保款", 1.1), ("Basic", "基础款", 0.7), ("Premium", "臻选", 1.5),
    ("Plus", "升级款", 1.3), ("Slim", "轻薄款", 0.9), ("Five-pack", "五件装", 3.8),
    ("Compact", "小巧款", 0.75), ("XL", "加大款", 1.4), ("Classic", "经典款", 0.95),
)  # fmt: skip
GOODS = (
    ("Classic", "经典款", 1.0), ("Premium", "臻选", 1.5), ("Compact", "小巧款", 0.7),
    ("Plus", "升级款", 1.25), ("Lite", "轻享", 0.75), ("Pro", "专业版", 1.8),
    ("Limited Edition", "限定款", 1.6), ("Eco", "环保款", 1.1), ("Set of Two", "两件套", 1.8),
    ("Essential", "基础款", 0.6), ("Signature", "匠心", 1.9), ("Max", "旗舰款", 2.2),
)  # fmt: skip
SERIES = {"TEA": FOOD, "GIF": FOOD, "OFF": OFFICE}  # GOODS for all others
# nouns bought together; a planted pair is one product of each
COMPLEMENTS = (
    ("Longjing Green Tea", "Gongfu Teapot"), ("Coffee Beans", "Coffee Dripper"),
    ("Copy Paper", "Toner Cartridge"), ("Camping Tent", "Camp Lantern"),
    ("Mechanical Keyboard", "Wireless Mouse"), ("Cotton Bedding Set", "Latex Pillow"),
    ("Whiteboard", "Sticky Notes"), ("Fast Charger", "Charging Cable"),
    ("Cast Iron Wok", "Chef Knife"), ("Nut Gift Box", "Chocolate Box"),
)  # fmt: skip
