"""The four tables. Heads and meanings are those of the template; the English heads are what programs write."""

from django.utils.translation import gettext_lazy as _

from marketplace.catalog.tables import rows
from marketplace.catalog.tables.kinds import Column, Kind

CODE = _("Your own name for it, unique in the province: Latin letters, digits, “-”. Rows are known by it.")
SHARE = _("Per cent, 0 to 100.")
TRIP = _("Round trip in milliseconds.")

SITES = Kind(
    "sites",
    _("Sites"),
    "supply.manage",
    1_000,
    rows.SiteRow,
    (
        Column("slug", "编号", CODE, "datong-dt1", must=True, en="site"),
        Column("name_zh", "名称", _("As buyers read it, in Chinese."), "云冈数据中心", must=True),
        Column("name_en", "英文名称", _("As buyers read it, in English."), "Yungang Data Centre"),
        Column("city_zh", "城市", _("In Chinese, without the province."), "大同", must=True),
        Column("city_en", "城市英文名", _("City in English."), "Datong"),
        Column("racks", "标准机架数", _("A whole number."), "3200"),
        Column("rack_rate", "上架率（%）", SHARE, "62", en="rack_rate_percent"),
        Column("pue", "PUE", _("Yearly mean, 1.00 to 2.99."), "1.21"),
        Column("green_share", "绿电占比（%）", SHARE, "52", en="green_share_percent"),
        Column("rtt_ms_beijing", "到北京时延（ms）", TRIP, "9"),
        Column("rtt_ms_shanghai", "到上海时延（ms）", TRIP, "24"),
        Column("rtt_ms_guangzhou", "到广州时延（ms）", TRIP, "38"),
    ),
)
POOLS = Kind(
    "pools",
    _("Pools"),
    "supply.manage",
    1_000,
    rows.PoolRow,
    (
        Column("slug", "编号", CODE, "datong-dt1-910b3", must=True, en="pool"),
        Column("site", "机房编号", _("Code of one of your sites."), "datong-dt1", must=True),
        Column("card_model", "卡型编号", _("Code in the national list of card models."), "ascend-910b3", must=True),
        Column("mode", "售卖方式", _("discrete, server or cluster."), "discrete", must=True),
        Column("network", "组网", _("Network between the cards."), "RoCE"),
    ),
)
CARDS = Kind(
    "cards",
    _("Cards"),
    "supply.manage",
    20_000,
    rows.CardRow,
    (
        Column("serial", "序列号", _("As the maker gave it, unique in the province. Rows are known by it."), "SN-0123",
               must=True),
        Column("pool", "资源池编号", _("Code of one of your pools."), "datong-dt1-910b3", must=True),
        Column("node", "节点", _("Host name of the server."), "gpu-node-01", must=True),
        Column("state", "状态", _("in_service, maintenance or retired; in service when left out."), "in_service"),
    ),
)  # fmt: skip
OFFERS = Kind(
    "offers",
    _("Offers"),
    "offers.manage",
    1_000,
    rows.OfferRow,
    (
        Column("slug", "编号", CODE, "datong-910b3-hour", must=True, en="offer"),
        Column("name_zh", "名称", _("As buyers read it, in Chinese."), "昇腾 910B3 散卡", must=True),
        Column("name_en", "英文名称", _("As buyers read it, in English."), "Ascend 910B3 cards"),
        Column("category", "类别", _("general, intelligent, hpc, storage, network or model-service."), "intelligent",
               must=True),
        Column("mode", "购买方式", _("instant, quote or trial."), "instant", must=True),
        Column("pool", "资源池编号", _("Code of the pool whose cards it sells."), "datong-dt1-910b3"),
        Column("base_model", "基础模型编号", _("Code in the national list; for model services."), ""),
        Column("sku", "规格", _("Card, memory, number, network, form and billing."), "昇腾910B3·64G·RoCE·按时"),
        Column("min_hours", "最短租期（小时）", _("A whole number of hours; 1 when left out."), "1"),
        Column("sla_percent", "承诺可用率（%）", _("Per cent of a service month."), "99.9"),
        Column("unit", "计价单位", _("card-hour, server-month and so on, as the category allows."), "card-hour"),
        Column("price_u", "单价（元）", _("Yuan per unit, tax included. A new price becomes a new version."), "8.50",
               en="price_yuan"),
        Column("price_out_u", "输出单价（元）", _("Yuan per million tokens put out; for tokens only."), "",
               en="price_out_yuan"),
        Column("summary_zh", "说明", _("In Chinese."), "按卡时计费，即时激活"),
        Column("summary_en", "英文说明", _("In English."), ""),
        Column("state", "状态", _("Only said by an export. An import does not publish, pause or withdraw."), "draft"),
    ),
)  # fmt: skip
KINDS = {kind.name: kind for kind in (SITES, POOLS, CARDS, OFFERS)}
