"""What the demo company sells: categories, words to name products from, and complements."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ware:
    """A category and what is true of it."""

    name: str
    name_zh: str
    code: str
    prices: tuple[int, int]  # most list prices lie between
    cost_rate: float  # unit cost as a share of the list price
    elasticity: float  # planted: a price 1 % higher sells this many % more
    to_people: float  # how much people buy of it, and companies
    to_companies: float
    peak: int  # day of the year when most is sold
    swing: float  # how much more at the peak than on average
    gift: float  # factor in the weeks before Spring Festival and Mid-Autumn
    returned: float  # factor on the return rate
    nouns: str


WARES = (
    Ware("Tea & Coffee", "茶与咖啡", "TEA", (39, 320), 0.50, -1.2, 1.3, 1.3, 105, 0.22, 1.7, 0.5,
         "Longjing Green Tea:龙井绿茶 Dahongpao Oolong:大红袍 Jasmine Tea:茉莉花茶 Pu'er Tea "
         "Cake:普洱茶饼 "
         "White Peony Tea:白牡丹 Drip Coffee:挂耳咖啡 Coffee Beans:咖啡豆 Cold Brew "
         "Concentrate:冷萃咖啡液 "
         "Tieguanyin:铁观音 Black Tea:红茶 Fruit Tea:水果茶 Instant Coffee:速溶咖啡"),
    Ware("Snacks & Gift Boxes", "零食礼盒", "GIF", (29, 260), 0.52, -1.6, 1.5, 1.2, 10, 0.18,
         2.6, 0.5,
         "Nut Gift Box:坚果礼盒 Dried Mango:芒果干 Egg Rolls:蛋卷 Mooncake Box:月饼礼盒 Beef "
         "Jerky:牛肉干 "
         "Chocolate Box:巧克力礼盒 Walnut Cakes:核桃酥 Seaweed Crisps:海苔脆 Honey:蜂蜜 "
         "Dates:红枣 "
         "Festival Hamper:节日礼篮 Rice Crackers:米饼"),
    Ware("Kitchenware", "厨房用品", "KIT", (35, 420), 0.54, -1.9, 1.0, 0.6, 330, 0.14, 1.1, 0.9,
         "Cast Iron Wok:铸铁炒锅 Chef Knife:厨师刀 Glass Containers:玻璃保鲜盒 Tea Set:茶具套装 "
         "Cutting Board:砧板 Bowl Set:碗碟套装 Soup Pot:汤锅 Thermos Flask:保温杯 Coffee "
         "Dripper:手冲壶 "
         "Steamer:蒸笼 Gongfu Teapot:紫砂壶 Baking Tray:烤盘"),
    Ware("Home & Living", "家居生活", "HOM", (45, 560), 0.53, -1.7, 1.1, 0.5, 300, 0.16, 0.9, 1.2,
         "Cotton Bedding Set:全棉四件套 Latex Pillow:乳胶枕 Bath Towel:浴巾 Desk Lamp:台灯 "
         "Storage Box:收纳箱 Wool Blanket:羊毛毯 Curtains:窗帘 Aroma Diffuser:香薰机 Floor "
         "Mat:地垫 "
         "Silk Quilt:蚕丝被 Wall Clock:挂钟 Laundry Basket:洗衣篮"),
    Ware("Small Appliances", "小家电", "APP", (129, 1290), 0.61, -2.4, 0.9, 0.6, 190, 0.24,
         1.0, 1.4,
         "Air Purifier:空气净化器 Rice Cooker:电饭煲 Electric Kettle:电热水壶 Fan:循环扇 "
         "Humidifier:加湿器 Robot Vacuum:扫地机器人 Air Fryer:空气炸锅 Coffee Machine:咖啡机 "
         "Hair Dryer:吹风机 Soy Milk Maker:豆浆机 Garment Steamer:挂烫机 Heater:取暖器"),
    Ware("Office Supplies", "办公用品", "OFF", (12, 260), 0.55, -0.9, 0.3, 2.6, 245, 0.15,
         0.8, 0.4,
         "Copy Paper:复印纸 Gel Pens:中性笔 Notebook:笔记本 Toner Cartridge:硒鼓 File "
         "Folders:文件夹 "
         "Desk Organiser:桌面收纳 Whiteboard:白板 Stapler:订书机 Label Printer:标签打印机 "
         "Shredder:碎纸机 Sticky Notes:便利贴 Calculator:计算器"),
    Ware("Digital Accessories", "数码配件", "DIG", (49, 690), 0.60, -2.1, 1.0, 1.0, 320,
         0.12, 0.9, 1.5,
         "Wireless Earbuds:无线耳机 Power Bank:充电宝 USB-C Hub:扩展坞 Mechanical "
         "Keyboard:机械键盘 "
         "Wireless Mouse:无线鼠标 Phone Stand:手机支架 Webcam:摄像头 Fast Charger:快充头 "
         "Bluetooth Speaker:蓝牙音箱 Laptop Sleeve:电脑包 Charging Cable:数据线 Smart "
         "Band:智能手环"),
    Ware("Outdoor & Sports", "户外运动", "OUT", (59, 890), 0.56, -2.0, 0.8, 0.3, 145, 0.34,
         0.7, 1.3,
         "Camping Tent:露营帐篷 Folding Chair:折叠椅 Yoga Mat:瑜伽垫 Hiking Pack:登山包 "
         "Sports Bottle:运动水壶 Sun Hoodie:防晒衣 Badminton Set:羽毛球套装 Picnic Mat:野餐垫 "
         "Trekking Poles:登山杖 Camp Lantern:露营灯 Dumbbells:哑铃 Skipping Rope:跳绳"),
)  # fmt: skip
# makes a product of a noun; the second series costs more
SERIES = (
    ("Classic", "经典款", 1.0), ("Premium", "臻选", 1.7), ("Travel", "便携装", 0.65),
    ("Family Size", "家庭装", 1.35), ("Lite", "轻享", 0.75), ("Pro", "专业版", 1.9),
    ("Limited Edition", "限定款", 1.55), ("Eco", "环保款", 1.1), ("Duo Pack", "双享装", 1.8),
    ("Starter", "入门款", 0.55), ("Signature", "匠心", 2.1), ("Essential", "基础款", 0.85),
)  # fmt: skip
# nouns bought together; a planted pair is one product of each
COMPLEMENTS = (
    ("Longjing Green Tea", "Gongfu Teapot"), ("Coffee Beans", "Coffee Dripper"),
    ("Copy Paper", "Toner Cartridge"), ("Camping Tent", "Camp Lantern"),
    ("Mechanical Keyboard", "Wireless Mouse"), ("Cotton Bedding Set", "Latex Pillow"),
    ("Whiteboard", "Sticky Notes"), ("Fast Charger", "Charging Cable"),
    ("Cast Iron Wok", "Chef Knife"), ("Nut Gift Box", "Chocolate Box"),
)  # fmt: skip
