import Domain

/// One key of the configuration file: its place, its story, its default and how it is checked.
///
/// The list below is the only definition: the documented file, the validation and `config show` come from it.
public struct SettingKey: Sendable {
  /// The table it lies in: `hub`.
  public let section: String
  /// Its name there: `endpoint`.
  public let name: String
  /// One or more lines for a person.
  public let documentation: String
  /// How its value in `settings` is written in TOML.
  public let render: @Sendable (Settings) -> String
  /// Checks a value and stores it.
  let store: @Sendable (inout Settings, SettingValue) throws(SettingRefusal) -> Void

  /// `hub.endpoint`
  public var path: String { "\(section).\(name)" }

  /// Every key, in the order of the documented file.
  public static let all: [SettingKey] =
    hubKeys + networkKeys + watchKeys + rankKeys + deviceKeys + downloadKeys + lifeKeys + probeKeys + toolKeys
    + digestKeys + pageKeys

  /// What each table is about.
  static let sections: [(name: String, documentation: String)] = [
    ("hub", "Where models come from."),
    ("network", "The way to the hub. Variables such as https_proxy are not looked at."),
    ("watch", "What is looked for, and how much of the hub one poll may ask for."),
    ("rank", "What makes a new family worth a look: weights of the score, each times a number of about 0 to 1."),
    ("device", "The card that a model has to fit."),
    ("downloads", "What is fetched without being asked for."),
    ("smoke", "The test that a downloaded model really runs."),
    ("probes", "Questions that show what a model can do, asked after it has passed."),
    ("daemon", "hubwatch daemon."),
    ("log", "Log lines on standard error."),
    ("tools", "Tools that run models: their git repositories are watched for new tags and commits."),
    (
      "digest",
      "The digest of every morning: `hubwatch digest --deliver` writes it, the daemon or `hubwatch deliver` sends it."
    ),
    ("digest.file", "The digest as a file."),
    ("digest.mail", "The digest by mail."),
    ("digest.webhook", "The digest in a chat or on a phone."),
    ("page", "The page to look at, for browsers of this machine."),
  ]

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 32 || scalar.value == 127:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  static func list(_ texts: [String]) -> String {
    "[" + texts.map(quoted).joined(separator: ", ") + "]"
  }

  static func duration(_ seconds: Int) -> String {
    switch seconds {
    case _ where seconds % 3600 == 0: quoted("\(seconds / 3600)h")
    case _ where seconds % 60 == 0: quoted("\(seconds / 60)m")
    default: quoted("\(seconds)s")
    }
  }

  private static func size(_ count: ByteCount) -> String {
    let units: [(Int64, String)] = [
      (1 << 30, "GiB"), (1_000_000_000, "GB"), (1 << 20, "MiB"), (1_000_000, "MB"), (1_000, "kB"),
    ]
    for (factor, unit) in units where count.bytes >= factor && count.bytes % factor == 0 {
      return quoted("\(count.bytes / factor) \(unit)")
    }
    return quoted("\(count.bytes) B")
  }

  private static let hubKeys: [SettingKey] = [
    SettingKey(
      section: "hub", name: "endpoint",
      documentation: "Base address of the hub. The environment variable HF_ENDPOINT goes before it.",
      render: { quoted($0.hub.endpoint) },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        guard let endpoint = Endpoint.normalized(text) else {
          throw SettingRefusal(wanted: "an http or https address without user, query or fragment")
        }
        settings.hub.endpoint = endpoint
      }),
    SettingKey(
      section: "hub", name: "allow_private",
      documentation: """
        Plain http is refused except on this machine. true allows it for the host of `endpoint`, for a mirror in
        the local network; the token is never sent there.
        """,
      render: { "\($0.hub.allowPrivate)" },
      store: { settings, value throws(SettingRefusal) in settings.hub.allowPrivate = try value.flag() }),
  ]

  private static let deviceKeys: [SettingKey] = [
    SettingKey(
      section: "device", name: "vram", documentation: "Memory of the card in GiB; 0 asks the driver.",
      render: { "\($0.device.vram)" },
      store: { settings, value throws(SettingRefusal) in settings.device.vram = try value.number(0...100_000) }),
    SettingKey(
      section: "device", name: "gpu",
      documentation: "A card by its name, such as \"RTX 3080 12GB\", instead of vram.",
      render: { quoted($0.device.gpu) },
      store: { settings, value throws(SettingRefusal) in settings.device.gpu = try value.text() }),
    SettingKey(
      section: "device", name: "context", documentation: "The context length that you want to use, in tokens.",
      render: { "\($0.device.context)" },
      store: { settings, value throws(SettingRefusal) in settings.device.context = try value.whole(1...16_777_216) }),
    SettingKey(
      section: "device", name: "kv", documentation: "Type of the KV cache: \"f16\", \"q8_0\" or \"q4_0\".",
      render: { quoted($0.device.kv) },
      store: { settings, value throws(SettingRefusal) in
        settings.device.kv = try value.choice(["f16", "q8_0", "q4_0"])
      }),
    SettingKey(
      section: "device", name: "batch", documentation: "Physical batch in tokens.",
      render: { "\($0.device.batch)" },
      store: { settings, value throws(SettingRefusal) in settings.device.batch = try value.whole(1...65_536) }),
    SettingKey(
      section: "device", name: "flash_attention", documentation: "Whether your engine uses flash attention.",
      render: { "\($0.device.flashAttention)" },
      store: { settings, value throws(SettingRefusal) in settings.device.flashAttention = try value.flag() }),
  ]

  private static let downloadKeys: [SettingKey] = [
    SettingKey(
      section: "downloads", name: "automatic",
      documentation: "Whether `hubwatch run` and the daemon fetch fitting models by themselves.",
      render: { "\($0.downloads.automatic)" },
      store: { settings, value throws(SettingRefusal) in settings.downloads.automatic = try value.flag() }),
    SettingKey(
      section: "downloads", name: "per_cycle", documentation: "Models that one cycle fetches at most.",
      render: { "\($0.downloads.perCycle)" },
      store: { settings, value throws(SettingRefusal) in settings.downloads.perCycle = try value.whole(0...1000) }),
    SettingKey(
      section: "downloads", name: "quota", documentation: "What hubwatch's own downloads may take on disk.",
      render: { size($0.downloads.quota) },
      store: { settings, value throws(SettingRefusal) in settings.downloads.quota = try value.size() }),
    SettingKey(
      section: "downloads", name: "reserve",
      documentation: """
        What stays free on the disk: a size, a share such as "5%", or "auto" for 5 % and at least 10 GiB.
        """,
      render: { reserve($0.downloads.reserve) },
      store: { settings, value throws(SettingRefusal) in
        if case .string("auto") = value {
          settings.downloads.reserve = .usual
        } else if case .string(let text) = value, text.hasSuffix("%") {
          guard let percent = Double(text.dropLast().filter { $0 != " " }), (0...90).contains(percent) else {
            throw SettingRefusal(wanted: "a share from \"0%\" to \"90%\"")
          }
          settings.downloads.reserve = DiskFloor(bytes: ByteCount(0), share: percent / 100)
        } else {
          settings.downloads.reserve = DiskFloor(bytes: try value.size())
        }
      }),
    SettingKey(
      section: "downloads", name: "evict",
      documentation: """
        Whether models that hubwatch chose by itself, and that you neither pulled nor kept, may be deleted when the
        quota is full. The first time it only says what it would delete.
        """,
      render: { "\($0.downloads.evict)" },
      store: { settings, value throws(SettingRefusal) in settings.downloads.evict = try value.flag() }),
    SettingKey(
      section: "downloads", name: "limit",
      documentation: """
        Bytes a second, such as "20M"; "0" is no limit. With hours: "08:00-23:00 5M, 20M" is 5 MB/s by day and 20 MB/s
        otherwise.
        """,
      render: { quoted($0.downloads.limit.description) },
      store: { settings, value throws(SettingRefusal) in
        if case .integer(0) = value {
          settings.downloads.limit = .unlimited
          return
        }
        guard let table = BandwidthTimetable(try value.text()) else {
          throw SettingRefusal(wanted: "a rate such as \"20M\", or with hours \"08:00-23:00 5M, 20M\"")
        }
        settings.downloads.limit = table
      }),
  ]

  private static func reserve(_ floor: DiskFloor) -> String {
    if floor == .usual { return quoted("auto") }
    return floor.share > 0 ? quoted("\(floor.share * 100)%") : size(floor.bytes)
  }

  private static let lifeKeys: [SettingKey] = [
    SettingKey(
      section: "smoke", name: "automatic",
      documentation: "Whether `hubwatch run` and the daemon test what they fetched.",
      render: { "\($0.smoke.automatic)" },
      store: { settings, value throws(SettingRefusal) in settings.smoke.automatic = try value.flag() }),
    SettingKey(
      section: "smoke", name: "threads", documentation: "Threads of the test; 0 takes every processor.",
      render: { "\($0.smoke.threads)" },
      store: { settings, value throws(SettingRefusal) in settings.smoke.threads = try value.whole(0...256) }),
    SettingKey(
      section: "smoke", name: "timeout", documentation: "When a test is stopped.",
      render: { duration($0.smoke.timeoutSeconds) },
      store: { settings, value throws(SettingRefusal) in
        settings.smoke.timeoutSeconds = try value.seconds(1...86_400)
      }),
    SettingKey(
      section: "smoke", name: "memory",
      documentation: """
        Memory that the test may take beside the model file, which is only mapped. A model whose weights have no room in it
        a second time is tested out of its file, slower.
        """,
      render: { size($0.smoke.memory) },
      store: { settings, value throws(SettingRefusal) in
        let size = try value.size()
        guard size.bytes >= 256 << 20 else { throw SettingRefusal(wanted: "at least \"256 MiB\"") }
        settings.smoke.memory = size
      }),
    SettingKey(
      section: "smoke", name: "socket",
      documentation: """
        The socket of the service that runs models apart from the network (hubwatch-smoke.socket). "auto" takes
        /run/hubwatch-smoke.sock where it is there for this user; "" always starts a child process.
        """,
      render: { quoted($0.smoke.socket) },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        guard ["", Settings.Smoke.automaticSocket].contains(text) || text.hasPrefix("/") else {
          throw SettingRefusal(wanted: "\"auto\", \"\" or an absolute path")
        }
        settings.smoke.socket = text
      }),
    SettingKey(
      section: "daemon", name: "interval", documentation: "Time from the start of one cycle to the next.",
      render: { duration($0.daemon.intervalSeconds) },
      store: { settings, value throws(SettingRefusal) in
        settings.daemon.intervalSeconds = try value.seconds(60...604_800)
      }),
    SettingKey(
      section: "log", name: "level",
      documentation: "\"debug\", \"info\", \"notice\", \"warning\" or \"error\".",
      render: { quoted($0.log.level) },
      store: { settings, value throws(SettingRefusal) in
        settings.log.level = try value.choice(["debug", "info", "notice", "warning", "error"])
      }),
    SettingKey(
      section: "log", name: "format",
      documentation: """
        "text", or "json" for one JSON object a line, from the daemon and from `hubwatch run`:
        `journalctl -u hubwatch -o cat | jq 'select(.model)'`.
        """,
      render: { quoted($0.log.format) },
      store: { settings, value throws(SettingRefusal) in
        settings.log.format = try value.choice(["text", "json"])
      }),
  ]
}
