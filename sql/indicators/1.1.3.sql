-- code: "1.1.3"
-- parent: "1.1"
-- title: "Số văn bản chỉ đạo CCHC đã ban hành"
-- unit: "Văn bản"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/documents]
-- needs:
--   [document_management/documents.direction, document_management/documents.status,
--   document_management/documents.secrecy, document_management/documents.topic]
-- among: "kind = 'own'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Quyết định 28/2018/QĐ-TTg; Nghị định
--   30/2020/NĐ-CP; QCVN 102:2016/BTTTT"

-- Documents that the unit itself issued: what its bodies and communes issue to carry them out is theirs.
-- Outgoing, not recalled and not secret, with the topic CCHC.
select
    unit_code,
    sum(steering) as numerator,
    null as denominator
from window_document
where is_own
group by unit_code
