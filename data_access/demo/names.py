"""Word lists that people, companies and addresses are named from, in English and in Chinese."""

from __future__ import annotations

SURNAMES = (
    "Wang:王 Li:李 Zhang:张 Liu:刘 Chen:陈 Yang:杨 Zhao:赵 Huang:黄 Zhou:周 Wu:吴 Xu:徐 "
    "Sun:孙 Hu:胡 "
    "Zhu:朱 Gao:高 Lin:林 He:何 Guo:郭 Ma:马 Luo:罗 Liang:梁 Song:宋 Zheng:郑 Xie:谢 Han:韩 "
    "Tang:唐 "
    "Feng:冯 Yu:于 Dong:董 Xiao:萧 Cheng:程 Cao:曹 Yuan:袁 Deng:邓 Fu:傅 Shen:沈 Zeng:曾 Peng:彭 "
    "Lu:吕 Su:苏 Jiang:蒋 Cai:蔡 Jia:贾 Ding:丁 Wei:魏 Xue:薛 Ye:叶 Yan:阎 Pan:潘 Du:杜 Dai:戴 "
    "Xia:夏 Zhong:钟 Tian:田 Ren:任 Fan:范 Fang:方 Shi:石 Yao:姚 Tan:谭 Ouyang:欧阳"
)
GIVEN_NAMES = (
    "Wei:伟 Fang:芳 Na:娜 Min:敏 Jing:静 Lei:磊 Jun:军 Yang:洋 Yong:勇 Jie:杰 Juan:娟 Tao:涛 "
    "Chao:超 "
    "Ming:明 Xia:霞 Ping:平 Gang:刚 Yan:艳 Hui:慧 Peng:鹏 Ting:婷 Xin:欣 Qiang:强 Ying:颖 Bo:波 "
    "Xiaoming:晓明 Yutong:雨桐 Zihan:子涵 Haoran:浩然 Zixuan:梓轩 Shiyu:诗雨 Jiayi:佳怡 "
    "Yuxuan:宇轩 "
    "Mengqi:梦琪 Xinyi:欣怡 Zhiyuan:志远 Jianguo:建国 Wenjing:文静 Xiaoli:晓丽 Guohua:国华 "
    "Siyuan:思远 Ruoxi:若曦 Tianyu:天宇 Yuhan:雨涵 Jiahao:嘉豪 Meiling:美玲 Yifan:一凡 "
    "Chenxi:晨曦 "
    "Zhiqiang:志强 Xiaoyan:晓燕 Lihua:丽华 Weidong:卫东 Shuai:帅 Kai:凯 Linlin:琳琳 Xuefei:雪菲 "
    "Bingbing:冰冰 Hongmei:红梅 Junjie:俊杰 Zeyu:泽宇"
)
COMPANY_WORDS = (
    "Yunqi:云栖 Hengxin:恒信 Ruifeng:瑞丰 Jinhua:锦华 Tianyi:天翼 Boyuan:博远 Xinghe:星河 "
    "Dingsheng:鼎盛 Hongda:宏达 Mingde:明德 Qiaoxin:巧心 Lanhai:蓝海 Zhongcheng:众诚 Youpin:优品 "
    "Yihe:颐和 Senlan:森蓝 Chenguang:晨光 Wanjia:万家 Kaiyue:凯悦 Fanxing:繁星 Huarui:华瑞 "
    "Dongfang:东方 Jiahe:嘉禾 Shuntai:顺泰 Lexiang:乐享 Changqing:长青 Jingyuan:景源 Anxin:安心 "
    "Fuyuan:福源 Zhiyuan:致远 Qihang:启航 Meihao:美好 Guangming:光明 Xinyuan:新元 Haitian:海天 "
    "Yuanjing:远景 Siji:四季 Heyi:合一 Junhe:君合 Bainian:百年"
)
# industry → its words in a company's name, English and Chinese
INDUSTRIES = {
    "Technology": ("Technology", "科技"),
    "Hotel and catering": ("Hospitality", "酒店管理"),
    "Retail": ("Trading", "商贸"),
    "Education": ("Education", "教育咨询"),
    "Manufacturing": ("Manufacturing", "制造"),
    "Property": ("Property Services", "物业服务"),
    "Finance": ("Financial Services", "金融服务"),
    "Healthcare": ("Healthcare", "医疗健康"),
    "Media": ("Culture & Media", "文化传媒"),
    "Logistics": ("Logistics", "物流"),
}
STREETS = (
    "Zhongshan Road:中山路 Renmin Road:人民路 Jiefang Road:解放路 Jianshe Road:建设路 "
    "Heping Road:和平路 Wenhua Road:文化路 Xinhua Road:新华路 Keji Avenue:科技大道 "
    "Binjiang Avenue:滨江大道 Huanghe Road:黄河路 Changjiang Road:长江路 Xueyuan Road:学院路 "
    "Guangming Street:光明街 Fuxing Road:复兴路 Yingbin Avenue:迎宾大道"
)
FOREIGN_SURNAMES = ("Lim", "Tan", "Ng", "Wong", "Lee", "Goh", "Chua", "Rahman", "Nguyen", "Pham")
FOREIGN_GIVEN_NAMES = (
    "Wei Jie", "Hui Min", "Daniel", "Siti", "Marcus", "Rachel", "Jason", "Minh", "Linh", "Adam",
    "Grace", "Kelvin", "Aisyah", "Thanh", "Nicole", "Ryan",
)  # fmt: skip
FOREIGN_STREETS = ("Orchard Road", "Jalan Ampang", "Robinson Road", "Nguyen Hue", "Queen's Road")
POSITIONS = ("Purchasing Manager", "Office Manager", "Owner", "Administrator", "Buyer", "Director")

# region code → (English, Chinese, share of customers, days of transit, warehouse, cities)
REGIONS: dict[str, tuple[str, str, float, float, str, str]] = {
    "east": ("East China", "华东", 0.27, 1.5, "SHA",
             "Shanghai:上海 Hangzhou:杭州 Nanjing:南京 Suzhou:苏州 Ningbo:宁波 Hefei:合肥"),
    "south": ("South China", "华南", 0.20, 1.6, "CAN",
              "Guangzhou:广州 Shenzhen:深圳 Dongguan:东莞 Foshan:佛山 Xiamen:厦门 Nanning:南宁"),
    "north": ("North China", "华北", 0.17, 1.7, "TSN",
              "Beijing:北京 Tianjin:天津 Shijiazhuang:石家庄 Jinan:济南 Qingdao:青岛 "
              "Taiyuan:太原"),
    "central": ("Central China", "华中", 0.12, 2.0, "SHA",
                "Wuhan:武汉 Changsha:长沙 Zhengzhou:郑州 Nanchang:南昌"),
    "southwest": ("Southwest China", "西南", 0.10, 2.1, "CTU",
                  "Chengdu:成都 Chongqing:重庆 Kunming:昆明 Guiyang:贵阳"),
    "northwest": ("Northwest China", "西北", 0.05, 3.3, "CTU",
                  "Xi'an:西安 Lanzhou:兰州 Yinchuan:银川 Urumqi:乌鲁木齐"),
    "northeast": ("Northeast China", "东北", 0.06, 2.5, "TSN",
                  "Shenyang:沈阳 Dalian:大连 Harbin:哈尔滨 Changchun:长春"),
    "overseas": ("Southeast Asia", "东南亚", 0.03, 5.5, "CAN",
                 "Singapore:新加坡 Penang:槟城 Bangkok:曼谷 Hanoi:河内"),
}  # fmt: skip
COUNTRIES = {
    "Singapore": "Singapore", "Penang": "Malaysia", "Bangkok": "Thailand", "Hanoi": "Vietnam",
}  # fmt: skip
WAREHOUSES = {
    "SHA": ("Shanghai warehouse", "上海仓", "east"),
    "CAN": ("Guangzhou warehouse", "广州仓", "south"),
    "TSN": ("Tianjin warehouse", "天津仓", "north"),
    "CTU": ("Chengdu warehouse", "成都仓", "southwest"),
}
# channel → (English, Chinese, online, direct)
CHANNELS = {
    "web": ("Web shop", "官网商城", True, True),
    "marketplace": ("Marketplace", "电商平台", True, False),
    "social": ("Social commerce", "社交电商", True, True),
    "store": ("Store", "门店", False, True),
    "phone": ("Phone", "电话", False, True),
    "event": ("Event", "展会活动", False, True),
    "partner": ("Partner", "合作伙伴", False, False),
}


def pairs(text: str) -> list[tuple[str, str]]:
    """'Wang:王 Ouyang:欧阳' → [('Wang', '王'), ('Ouyang', '欧阳')]; blanks may stand in the
    English ('Zhongshan Road:中山路')."""
    return [(english, chinese) for english, chinese in _split(text)]


def priced(text: str) -> list[tuple[str, str, float]]:
    """'Rice Cooker:电饭煲:399' → [('Rice Cooker', '电饭煲', 399.0)]"""
    return [(english, chinese, float(price)) for english, chinese, price in _split(text)]


def _split(text: str) -> list[list[str]]:
    found, words = [], ""
    for word in text.split(" "):
        words = f"{words} {word}".strip()
        if ":" in words:
            found.append(words.split(":"))
            words = ""
    return found
