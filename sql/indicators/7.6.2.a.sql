-- code: "7.6.2.a"
-- parent: "7.6.2"
-- title: "Trong đó: Tỷ lệ văn bản được gửi hoàn toàn dưới dạng điện tử (sử dụng chữ ký số, chứng thư số và gửi trên môi
--   trường điện tử)"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/documents]
-- needs:
--   [document_management/documents.direction, document_management/documents.status,
--   document_management/documents.secrecy, document_management/documents.sending_mode,
--   document_management/documents.digitally_signed]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Quyết định 28/2018/QĐ-TTg; Nghị định
--   30/2020/NĐ-CP; QCVN 102:2016/BTTTT"

-- Sent electronically and digitally signed, with no paper beside it; an unsigned scan is not electronic.
select
    unit_code,
    sum(electronic) as numerator,
    sum(sent) as denominator
from window_document
group by unit_code
