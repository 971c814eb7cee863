import Domain

/// The keys of `[watch]` and `[rank]`.
extension SettingKey {
  static let watchKeys: [SettingKey] = ruleKeys + budgetKeys

  private static let ruleKeys: [SettingKey] = [
    SettingKey(
      section: "watch", name: "architectures",
      documentation: """
        Architectures that count as llama-based: those of GGUF headers, and the hub's tags of the same name. Every one
        is a pair of listings that each poll reads.
        """,
      render: { list($0.watch.architectures) },
      store: { settings, value throws(SettingRefusal) in
        let texts = try value.texts()
        guard (1...16).contains(texts.count), texts.allSatisfy(isTag) else {
          throw SettingRefusal(wanted: "1 to 16 architectures, such as \"llama\"")
        }
        settings.watch.architectures = texts
      }),
    texts(
      "families",
      "Models that are let in whatever their architecture: their own name or that of a model they came from, such as \"Qwen/Qwen3-*\".",
      \.families),
    texts("follow", "Users and organisations whose models are always let in, and come first.", \.follow),
    texts("mute", "Users and organisations whose models are left out.", \.mute),
    parameters(
      "min_parameters",
      "Models with fewer parameters are left out: most of those are made for tests. \"0\" lets all in.",
      \.minParameters),
    parameters("max_parameters", "Models with more parameters are left out; \"0\" is no limit.", \.maxParameters),
    texts("licences", "Licences as the hub names them, such as \"apache-2.0\"; empty for any.", \.licences),
    texts(
      "languages",
      "Two-letter codes, such as \"en\": models that state languages must state one of them; empty for any.",
      \.languages),
    SettingKey(
      section: "watch", name: "nsfw", documentation: "Whether models marked as not for all audiences are let in.",
      render: { "\($0.watch.nsfw)" },
      store: { settings, value throws(SettingRefusal) in settings.watch.nsfw = try value.flag() }),
  ]

  private static let budgetKeys: [SettingKey] = [
    whole("first_days", "How many days the very first poll looks back.", 1...36_500, \.firstDays),
    whole(
      "pages",
      "Listing pages (of 100 models) that one poll reads for each of its passes; what is left is read by the next one.",
      1...100_000, \.pages),
    whole(
      "describe", "Repositories whose files one poll looks at; the others wait for the next one.", 0...100_000,
      \.describe),
    whole(
      "headers",
      """
      GGUF headers that are read of one repository, a few megabytes each. Their need is exact; that of the
      other quantizations follows from the published size.
      """, 1...100, \.headers),
    whole(
      "recheck", "Known repositories that one poll looks at again, whether they are still there and as they were.",
      0...10_000, \.recheck),
  ]

  static let rankKeys: [SettingKey] = [
    weight("trending", "The hub's own measure of attention now.", \.trending),
    weight("likes", "Likes of all its repositories.", \.likes),
    weight("downloads", "Downloads of all its repositories in the last month.", \.downloads),
    weight("author", "What its author's other models are liked.", \.author),
    weight(
      "novelty", "1 for a new base, less for a finetune, little for the tenth merge of the same models.", \.novelty),
    weight("fit", "1 when a quantization fits the card, 0.5 while that is unknown.", \.fit),
    weight("follow", "1 when its author is in watch.follow.", \.follow),
  ]

  /// An architecture is part of a request to the hub.
  private static func isTag(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32) || (48...57).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      }
  }

  private static func texts(
    _ name: String, _ documentation: String, _ place: WritableKeyPath<Settings.Watch, [String]> & Sendable
  ) -> SettingKey {
    SettingKey(
      section: "watch", name: name, documentation: documentation,
      render: { list($0.watch[keyPath: place]) },
      store: { settings, value throws(SettingRefusal) in
        let texts = try value.texts()
        guard texts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 128 }) else {
          throw SettingRefusal(wanted: "a list of names, none of them empty or longer than 128 bytes")
        }
        settings.watch[keyPath: place] = texts
      })
  }

  private static func parameters(
    _ name: String, _ documentation: String, _ place: WritableKeyPath<Settings.Watch, Int64> & Sendable
  ) -> SettingKey {
    SettingKey(
      section: "watch", name: name, documentation: documentation,
      render: { quoted(Quantity.parameters($0.watch[keyPath: place])) },
      store: { settings, value throws(SettingRefusal) in
        guard let count = try Quantity.parameters(value.text()) else {
          throw SettingRefusal(wanted: "a number of parameters such as \"7B\" or \"100M\"")
        }
        settings.watch[keyPath: place] = count
      })
  }

  private static func whole(
    _ name: String, _ documentation: String, _ range: ClosedRange<Int>,
    _ place: WritableKeyPath<Settings.Watch, Int> & Sendable
  ) -> SettingKey {
    SettingKey(
      section: "watch", name: name, documentation: documentation, render: { "\($0.watch[keyPath: place])" },
      store: { settings, value throws(SettingRefusal) in settings.watch[keyPath: place] = try value.whole(range) })
  }

  private static func weight(
    _ name: String, _ documentation: String, _ place: WritableKeyPath<Settings.Rank, Double> & Sendable
  ) -> SettingKey {
    SettingKey(
      section: "rank", name: name, documentation: documentation, render: { "\($0.rank[keyPath: place])" },
      store: { settings, value throws(SettingRefusal) in
        settings.rank[keyPath: place] = try value.number(0...1000)
      })
  }
}
