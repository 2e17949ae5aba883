"""What customers say, in English and Chinese, by what happened to them; {product}, {carrier} and
{days} are filled in."""

from __future__ import annotations

PRAISE, LATE, DAMAGED, WRONG, NOT_AS_DESCRIBED, QUALITY, WAITING, NO_STOCK, IDEA, FINE, STALE = (
    range(11)
)

ENGLISH: dict[int, tuple[str, ...]] = {
    PRAISE: (
        "Fast delivery and well packed. The {product} is just what we wanted.",
        "Arrived on the promised day, thank you. We will order {product} again.",
        "Very happy with the {product}, everybody in the office likes it.",
        "Good service from the order to the delivery.",
    ),
    LATE: (
        "Promised day missed by {days}. Please tell us earlier next time.",
        "The parcel came {days} late, {carrier} could not say where it was.",
        "We needed the {product} for an event; it arrived {days} too late.",
    ),
    DAMAGED: (
        "The box was crushed and the {product} is damaged. We have sent it back.",
        "{product} arrived broken, the packing was much too thin.",
    ),
    WRONG: (
        "You sent the wrong item instead of {product}.",
        "Wrong colour of {product} delivered.",
    ),
    NOT_AS_DESCRIBED: (
        "{product} looks different from the pictures, so we returned it.",
        "{product} is smaller than described.",
    ),
    QUALITY: (
        "{product} stopped working after two days.",
        "The quality of {product} is not what we are used to from you.",
    ),
    STALE: ("{product} tastes stale.", "The {product} was close to its best-before date."),
    WAITING: (
        "Where is my order? It should have been here {days} ago.",
        "Still waiting for {product}, {days} over the promised date, and nobody calls back.",
    ),
    NO_STOCK: (
        "You took the order and then cancelled because {product} was out of stock. Not good.",
        "Please mark sold-out products in the shop; our order of {product} was cancelled.",
    ),
    IDEA: (
        "Please offer {product} in a larger pack.",
        "A monthly invoice would be easier for our accounting.",
        "Could you add a delivery slot in the evening?",
    ),
    FINE: ("{product} is fine for the price.", "As expected.", "Okay, delivery could be quicker."),
}
CHINESE: dict[int, tuple[str, ...]] = {
    PRAISE: (
        "发货很快，包装也好，{product}正是我们想要的。",
        "按承诺日期到货，谢谢，{product}会再买。",
        "{product}非常满意，同事们都说好。",
        "从下单到收货都很顺利。",
        "客服态度好，物流给力，五星好评。",
    ),
    LATE: (
        "比承诺的日期晚了{days}天，希望提前通知。",
        "包裹晚到{days}天，{carrier}一直查不到位置。",
        "{product}是活动要用的，晚了{days}天才到，耽误事了。",
    ),
    DAMAGED: ("外箱压扁了，{product}有破损，已退回。", "收到的{product}是坏的，包装太薄。"),
    WRONG: ("发错货了，订的是{product}。", "{product}颜色发错了。"),
    NOT_AS_DESCRIBED: ("{product}和图片差别很大，已退货。", "{product}比描述的小。"),
    QUALITY: ("{product}用了两天就坏了。", "这次{product}的质量不如以前。"),
    STALE: ("{product}口感不新鲜。", "{product}临近保质期，不满意。"),
    WAITING: (
        "我的订单到哪了？已经超过承诺日期{days}天了。",
        "{product}还没收到，超期{days}天，也没人回电话。",
    ),
    NO_STOCK: (
        "下单后才说{product}缺货取消，体验很差。",
        "缺货请提前标明，{product}的订单被取消了。",
    ),
    IDEA: ("希望{product}出大包装。", "建议支持月结对账。", "能不能增加晚间配送？"),
    FINE: ("{product}一分钱一分货，还可以。", "和预期差不多。", "还行，物流可以再快点。"),
}
# kind, severity (1 low to 3 high), scores it may have
MEANINGS: dict[int, tuple[str, int | None, tuple[int, ...]]] = {
    PRAISE: ("review", None, (4, 5, 5)),
    LATE: ("complaint", 2, (1, 2, 3)),
    DAMAGED: ("complaint", 2, (1, 2)),
    WRONG: ("complaint", 2, (1, 2)),
    NOT_AS_DESCRIBED: ("complaint", 1, (2, 3)),
    QUALITY: ("complaint", 3, (1, 2)),
    STALE: ("complaint", 3, (1, 2)),
    WAITING: ("complaint", 3, (1, 1, 2)),
    NO_STOCK: ("complaint", 2, (1, 2)),
    IDEA: ("suggestion", None, (3, 4)),
    FINE: ("review", None, (3, 4)),
}
# cause of a delay → what the clerk notes on the order, English and Chinese
DELAY_NOTES = {
    1: ("Waiting for goods from the supplier", "等待供应商到货"),
    2: ("Warehouse overloaded, ships later", "仓库爆仓，延迟发货"),
    3: ("Carrier reports delays on this route", "快递线路延误"),
    4: ("Held until payment is checked", "待核实付款后放行"),
    5: ("Picked wrongly, picked again", "拣货有误，重新拣货"),
}
# subject, note: calls and visits of the sales staff
CONTACTS = (
    ("call", "回访订单满意度", "客户对交期满意，下季度继续合作"),
    ("call", "Follow-up on quotation", "Wants a lower price from 200 pieces on"),
    ("visit", "上门拜访采购经理", "介绍新品，约定寄样"),
    ("visit", "Quarterly review", "Volume up; asks for 60-day terms"),
    ("message", "发送新品目录", "客户已查看"),
    ("message", "Payment reminder", "Promised transfer this week"),
    ("enquiry", "询问大单折扣", "预计下月下单"),
    ("enquiry", "Asked for delivery times", "Answered the same day"),
)
DEALS = (
    ("年度框架采购", "Annual framework order"), ("节日福利采购", "Festival gifts for employees"),
    ("新办公室用品", "New office supplies"), ("门店联合陈列", "Shelf space in their stores"),
    ("酒店客房用品", "Hotel room supplies"), ("展会礼品", "Trade fair giveaways"),
)  # fmt: skip
