-- code: "2.1"
-- parent: "2"
-- title: "Số VBQPPL đã ban hành/tham mưu ban hành"
-- unit: "Văn bản"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/documents]
-- needs:
--   [document_management/documents.direction, document_management/documents.status,
--   document_management/documents.secrecy, document_management/documents.document_type]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Luật 80/2015/QH13; Nghị định 30/2020/NĐ-CP"

-- Legal documents (văn bản quy phạm pháp luật) carry the year in their number: 06/2024/QĐ-UBND.
-- An ordinary decision (751/QĐ-UBND) has the same type and does not count.
select
    unit_code,
    sum(legal) as numerator,
    null as denominator
from window_document
group by unit_code
