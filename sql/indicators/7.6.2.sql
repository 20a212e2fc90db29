-- code: "7.6.2"
-- parent: "7.6"
-- title: "Tổng số VĂN BẢN ĐI giữa các cơ quan nhà nước trên địa bàn huyện"
-- unit: "Văn bản"
-- decimals: 0
-- behaviour: flow
-- cadence: [quarterly, half_yearly, nine_monthly, annual]
-- levels: [province, department, district, commune, office, service_unit]
-- origin: computed
-- source: [document_management/documents]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Quyết định 28/2018/QĐ-TTg; Nghị định 30/2020/NĐ-CP; QCVN 102:2016/BTTTT"
-- valid_from: 2020-12-15
-- valid_to:

-- Outgoing, not recalled, not secret; one document to many recipients is one.
select
    unit_code,
    sum(sent) as numerator,
    null as denominator
from window_document
group by unit_code
