"""A mail server of a test: real SMTP on loopback, right or wrong as its script says.

usage: smtp_server.py FOLDER FAULT MODE [CERTIFICATE KEY]

MODE is plain, starttls or tls. It writes its port into FOLDER/port and what it has heard into FOLDER/N.json: envelope,
message, whether the connection was encrypted, and what was said as user and password.
"""

import base64, json, os, socket, ssl, sys, threading, time

folder, fault, mode = sys.argv[1:4]
context = None
if mode != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
lock, count = threading.Lock(), 0


def note(what):
    global count
    with lock:
        count += 1
        path = os.path.join(folder, f"{count}.json")
        with open(path + ".new", "w") as file:
            json.dump(what, file)
        os.rename(path + ".new", path)


def serve(connection):
    if mode == "tls":
        connection = context.wrap_socket(connection, server_side=True)
    heard = {"encrypted": mode == "tls", "to": [], "user": None, "accepted": False}
    file = connection.makefile("rb")

    def say(text):
        connection.sendall(text.encode() + b"\r\n")

    if fault == "hangAtOnce":
        time.sleep(600)
    if fault == "greeting421":
        return say("421 later")
    if fault == "greeting554":
        return say("554 never")
    say("220 test ESMTP")
    while True:
        line = file.readline(4096)
        if not line:
            return
        words = line.decode("latin-1").strip()
        verb = words.upper()
        if verb.startswith("EHLO"):
            offers = ["test", "8BITMIME", "SIZE 10000000"]
            if heard["encrypted"]:
                offers.append("AUTH PLAIN")
            elif mode == "starttls":
                offers.append("STARTTLS")
            elif fault == "plainAuth":
                offers.append("AUTH PLAIN")
            for offer in offers[:-1]:
                say("250-" + offer)
            say("250 " + offers[-1])
        elif verb.startswith("STARTTLS"):
            say("220 go")
            connection = context.wrap_socket(connection, server_side=True)
            file = connection.makefile("rb")
            heard["encrypted"] = True
        elif verb.startswith("AUTH PLAIN"):
            secret = words[11:]
            if not secret:
                say("334 ")
                secret = file.readline(4096).decode().strip()
            heard["user"] = base64.b64decode(secret).decode().split("\0")[1:]
            say("535 wrong" if fault == "auth535" else "235 welcome")
        elif verb.startswith("MAIL FROM:"):
            heard["from"] = words[10:]
            say("450 not now" if fault == "mail450" else "250 sender ok")
        elif verb.startswith("RCPT TO:"):
            heard["to"].append(words[8:])
            last = len(heard["to"]) > 1
            if fault == "rcpt550" and last:
                say("550 nobody of that name")
            elif fault == "rcpt450" and last:
                say("450 greylisted")
            else:
                say("250 receiver ok")
        elif verb == "DATA":
            if fault == "data452":
                say("452 full")
                continue
            say("354 go on")
            data = b""
            while True:
                line = file.readline()
                if not line:
                    return note(heard)
                if fault == "cutWithinData" and len(data) > 20000:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                if line == b".\r\n":
                    break
                data += line[1:] if line.startswith(b".") else line
            heard["data"] = base64.b64encode(data).decode()
            if fault == "after451":
                say("451 try later")
                continue
            if fault == "after554":
                say("554 looks like spam")
                continue
            if fault == "cutAfterData":
                note(heard)
                connection.shutdown(socket.SHUT_RDWR)
                return
            if fault == "hangAfterData":
                note(heard)
                time.sleep(600)
            heard["accepted"] = True
            note(heard)
            say("250 taken as 42")
            heard = {"encrypted": heard["encrypted"], "to": [], "user": heard["user"], "accepted": False}
        elif verb == "QUIT":
            return say("221 bye")
        elif verb == "RSET":
            say("250 ok")
        else:
            say("502 what?")


def guarded(connection):
    try:
        serve(connection)
    except (OSError, ssl.SSLError) as error:
        note({"error": str(error)})
    finally:
        connection.close()


server = socket.create_server(("127.0.0.1", 0))
with open(os.path.join(folder, "port.new"), "w") as file:
    file.write(str(server.getsockname()[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
while True:
    connection, _ = server.accept()
    threading.Thread(target=guarded, args=(connection,), daemon=True).start()
