-- code: "7.6.2"
-- parent: "7.6"
-- title: "Tổng số VĂN BẢN ĐI giữa các cơ quan nhà nước trên địa bàn huyện"
-- unit: "Văn bản"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/documents]
-- needs:
--   [document_management/documents.direction, document_management/documents.status,
--   document_management/documents.secrecy]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Quyết định 28/2018/QĐ-TTg; Nghị định
--   30/2020/NĐ-CP; QCVN 102:2016/BTTTT"

-- Outgoing, not recalled, not secret; one document to many recipients is one.
select
    unit_code,
    sum(sent) as numerator,
    null as denominator
from window_document
group by unit_code
