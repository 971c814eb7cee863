import Domain

/// The keys of `[digest]` and the tables below it.
extension SettingKey {
  static let digestKeys: [SettingKey] = ownKeys + fileKeys + mailKeys + webhookKeys

  private static let ownKeys: [SettingKey] = [
    SettingKey(
      section: "digest", name: "time",
      documentation: "When the daemon writes it, local time. Without the daemon hubwatch-digest.timer says when.",
      render: { quoted($0.digest.time.description) },
      store: { settings, value throws(SettingRefusal) in
        guard let time = TimeOfDay(try value.text()) else {
          throw SettingRefusal(wanted: "a time of the day such as \"07:00\"")
        }
        settings.digest.time = time
      }),
    SettingKey(
      section: "digest", name: "to",
      documentation: """
        The ways that it takes: "stdout" (the journal), "file", "mail", "webhook". Each has its own table below; one that
        fails is tried again for three days and does not hold up the others. [] writes none.
        """,
      render: { list($0.digest.channels.map(\.rawValue)) },
      store: { settings, value throws(SettingRefusal) in
        let known = Settings.Digest.Channel.allCases.map(\.rawValue)
        let channels = try value.texts().map(Settings.Digest.Channel.init)
        let found = channels.compactMap { $0 }
        guard found.count == channels.count, Set(found).count == found.count else {
          throw SettingRefusal(wanted: "a list of some of " + known.map { "\"\($0)\"" }.joined(separator: ", "))
        }
        settings.digest.channels = found
      }),
    SettingKey(
      section: "digest", name: "quiet",
      documentation: "Whether nothing is sent on a day without news; otherwise it is said in one line.",
      render: { "\($0.digest.isQuiet)" },
      store: { settings, value throws(SettingRefusal) in settings.digest.isQuiet = try value.flag() }),
  ]

  private static let fileKeys: [SettingKey] = [
    SettingKey(
      section: "digest.file", name: "path",
      documentation: """
        The file, with %Y, %m, %d, %H and %M for the date, such as "/srv/notes/hubwatch-%Y-%m-%d.md"; a name that ends in /
        is a folder with a file a day; "" is the folder digests of the state. A unit may write elsewhere only with
        ReadWritePaths= in a drop-in.
        """,
      render: { quoted($0.digest.file.path) },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        guard text.isEmpty || text.hasPrefix("/") || text.hasPrefix("~/"), text.utf8.count <= 1000, isPlain,
          DatedName.isValid(text)
        else { throw SettingRefusal(wanted: "a path that begins with / or ~/, with %Y, %m, %d, %H, %M or %% in it") }
        settings.digest.file.path = text
      }),
    SettingKey(
      section: "digest.file", name: "format",
      documentation: """
        "text", "markdown", "html", "json", or "auto" by the name's ending: .md, .html, .json, else text; a folder's files
        are html.
        """,
      render: { quoted($0.digest.file.format.rawValue) },
      store: { settings, value throws(SettingRefusal) in
        let word = try value.choice(Settings.DigestFile.Format.allCases.map(\.rawValue))
        settings.digest.file.format = Settings.DigestFile.Format(rawValue: word) ?? .auto
      }),
  ]

  private static let mailKeys: [SettingKey] = [
    SettingKey(
      section: "digest.mail", name: "server",
      documentation: """
        "smtps://mail.example.org:465", or "smtp://mail.example.org:587", where STARTTLS is demanded; plain text only
        for this machine, and then without a user.
        """,
      render: { quoted($0.digest.mail.server?.description ?? "") },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        let server = MailServer(text)
        guard text.isEmpty || server != nil else {
          throw SettingRefusal(wanted: "an smtps:// or smtp:// address of a host, without user, path or query")
        }
        settings.digest.mail.server = server
      }),
    SettingKey(
      section: "digest.mail", name: "user",
      documentation: """
        The user's name at the server. The password comes from the credential smtp-password, the variable
        HUBWATCH_SMTP_PASSWORD or the file smtp-password beside this one, which nobody else may read.
        """,
      render: { quoted($0.digest.mail.user) },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        guard text.utf8.count <= 256, text.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
          throw SettingRefusal(wanted: "a name of at most 256 bytes without control characters")
        }
        settings.digest.mail.user = text
      }),
    SettingKey(
      section: "digest.mail", name: "from", documentation: "The sender's address, without a name.",
      render: { quoted($0.digest.mail.from) },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        guard text.isEmpty || MailAddress.isValid(text) else {
          throw SettingRefusal(wanted: "an address such as \"hubwatch@example.org\"")
        }
        settings.digest.mail.from = text
      }),
    SettingKey(
      section: "digest.mail", name: "to", documentation: "The receivers' addresses.",
      render: { list($0.digest.mail.to) },
      store: { settings, value throws(SettingRefusal) in
        let texts = try value.texts()
        guard texts.count <= 20, texts.allSatisfy(MailAddress.isValid), Set(texts).count == texts.count else {
          throw SettingRefusal(wanted: "a list of at most 20 addresses such as \"me@example.org\", each once")
        }
        settings.digest.mail.to = texts
      }),
    SettingKey(
      section: "digest.mail", name: "sendmail",
      documentation: """
        The local sendmail in place of a server, for units of a user: true for \(Settings.DigestMail.usualSendmail), or its
        path; "" or false for none.
        """,
      render: { quoted($0.digest.mail.sendmail) },
      store: { settings, value throws(SettingRefusal) in
        if case .boolean(let isWanted) = value {
          settings.digest.mail.sendmail = isWanted ? Settings.DigestMail.usualSendmail : ""
          return
        }
        guard case .string(let text) = value, text.isEmpty || text.hasPrefix("/"), !text.utf8.contains(0) else {
          throw SettingRefusal(wanted: "true, false or the whole path of a program")
        }
        settings.digest.mail.sendmail = text
      }),
  ]

  private static let webhookKeys: [SettingKey] = [
    SettingKey(
      section: "digest.webhook", name: "url",
      documentation: """
        Its address, https (http only on this machine); `config show` hides all but the host. The credential webhook-url or
        the variable HUBWATCH_WEBHOOK_URL goes before it. ntfy takes an access token in it, as ?auth=….
        """,
      render: { quoted($0.digest.webhook.address?.description ?? "") },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        let address = WebhookAddress(text)
        guard text.isEmpty || address != nil else {
          throw SettingRefusal(wanted: "an https:// address without user and password")
        }
        settings.digest.webhook.address = address
      }),
    SettingKey(
      section: "digest.webhook", name: "kind",
      documentation: "Whose form it takes: \"ntfy\", \"slack\" or \"discord\".",
      render: { quoted($0.digest.webhook.kind.rawValue) },
      store: { settings, value throws(SettingRefusal) in
        let word = try value.choice(Settings.DigestWebhook.Kind.allCases.map(\.rawValue))
        settings.digest.webhook.kind = Settings.DigestWebhook.Kind(rawValue: word) ?? .ntfy
      }),
  ]
}

/// What the tables of the digest say together.
enum DigestRules {
  /// Everything that does not go together.
  ///
  /// - Parameter line: the last line of a table at which one of some keys stands.
  static func problems(
    _ digest: Settings.Digest, line: (String, [String]) -> Int?
  ) -> [SettingsError.Problem] {
    var problems: [SettingsError.Problem] = []
    func refuse(_ table: String, _ keys: [String], _ words: String) {
      problems.append(.init(line: line(table, keys) ?? line("digest", ["to"]), description: words))
    }
    let mail = digest.mail
    if mail.server != nil, !mail.sendmail.isEmpty {
      refuse("digest.mail", ["server", "sendmail"], "digest.mail.server and digest.mail.sendmail exclude each other")
    }
    if !mail.user.isEmpty, mail.server == nil {
      refuse("digest.mail", ["user"], "digest.mail.user needs digest.mail.server")
    }
    if digest.channels.contains(.mail) {
      if mail.server == nil, mail.sendmail.isEmpty {
        refuse("digest", ["to"], "\"mail\" in digest.to needs digest.mail.server or digest.mail.sendmail")
      }
      if mail.from.isEmpty { refuse("digest", ["to"], "\"mail\" in digest.to needs digest.mail.from") }
      if mail.to.isEmpty { refuse("digest", ["to"], "\"mail\" in digest.to needs digest.mail.to") }
    }
    return problems
  }
}
