"""Reads mails as any program does: a JSON list of messages on standard input, a JSON list of what they say on output."""

import email, email.policy, json, sys

result = []
for source in json.load(sys.stdin):
    lines = source.split("\r\n")
    message = email.message_from_bytes(source.encode("ascii"), policy=email.policy.SMTP)
    parts = [part for part in message.iter_parts()]
    result.append(
        {
            "headers": [name for name, _ in message.items()],
            "subject": message["Subject"],
            "from": message["From"].addresses[0].addr_spec,
            "to": [address.addr_spec for address in message["To"].addresses],
            "id": message["Message-ID"],
            "date": message["Date"].datetime.timestamp(),
            "types": [part.get_content_type() for part in parts],
            "texts": [part.get_content() for part in parts],
            "longest": max(len(line) for line in lines),
            "isBare": "\r" in source.replace("\r\n", "") or "\n" in source.replace("\r\n", ""),
            "defects": [str(defect) for part in [message] + parts for defect in part.defects],
        }
    )
json.dump(result, sys.stdout)
