-- thing: document
-- table: mart.document_daily
-- key: [province_code, org_code, day]
-- counts: [sent, electronic, with_paper, steering, legal]

-- Outgoing documents, neither recalled nor secret, once each however many receive them.
-- Fully electronic is sent so and digitally signed: an unsigned scan is not.
-- A legal document has a legal type and carries the year in its number (06/2024/QĐ-UBND).
select
    province_code,
    org_code,
    issued_on as day,
    sum(sign) as sent,
    coalesce(sum(sign) filter (where sending_mode = 'Điện tử' and digitally_signed), 0) as electronic,
    coalesce(sum(sign) filter (where sending_mode = 'Điện tử và giấy'), 0) as with_paper,
    coalesce(sum(sign) filter (where lower(topic) ~ '(cchc|cải cách hành chính)'), 0) as steering,
    coalesce(
        sum(sign) filter (
            where
            lower(document_type) in (select document_type from core.legal_document_type)
            and number ~ '^\d+[a-zđA-ZĐ]?/\d{4}/'
        ), 0
    ) as legal{record}
from {changed} as d
where
    direction = 'Đi'
    and status <> 'Thu hồi'
    and coalesce(secrecy, 'Thường') = 'Thường'
group by 1, 2, 3{record}
