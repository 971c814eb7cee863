import Domain

/// Everything that a person can set, with the defaults that a person would choose.
///
/// Only the keys of `SettingKey.all` write into it; the other rooms take plain values out of it.
public struct Settings: Sendable, Equatable {
  /// Where the hub is.
  public struct Hub: Sendable, Equatable {
    /// Base URL, without a trailing slash.
    public var endpoint = "https://huggingface.co"
    /// Whether the endpoint may be plain http on a private address (a mirror in the LAN).
    public var allowPrivate = false
  }
  /// The way to the hub.
  public struct Network: Sendable, Equatable {
    /// Which addresses of a host are tried.
    public enum Addresses: String, Sendable, Equatable, CaseIterable {
      case auto
      case ipv4 = "4"
      case ipv6 = "6"
    }
    /// A PEM file of certificate authorities to trust; empty for the system's.
    public var caFile = ""
    /// The proxy; nil for none. The environment is never asked.
    public var proxy: ProxyAddress?
    /// Hosts that are reached without the proxy.
    public var proxyExceptions = ["localhost", "127.0.0.1", "::1"]
    /// Which addresses are tried.
    public var addresses = Addresses.auto
  }
  /// What is watched, and how much of the hub one poll may ask for.
  public struct Watch: Sendable, Equatable {
    /// `general.architecture` values, and tags of the hub, that count as llama-based.
    public var architectures = ["llama"]
    /// Patterns of repository ids, `*` for anything: a model of that name, or one that came from it, is let in.
    public var families: [String] = []
    /// Authors whose repositories are always let in.
    public var follow: [String] = []
    /// Authors whose repositories are left out.
    public var mute: [String] = []
    /// The fewest parameters; 0 is no limit.
    public var minParameters: Int64 = 100_000_000
    /// The most parameters; 0 is no limit.
    public var maxParameters: Int64 = 0
    /// The hub's names of the wanted licences; empty for any.
    public var licences: [String] = []
    /// Two-letter codes of the wanted languages; empty for any.
    public var languages: [String] = []
    /// Whether models marked as not for all audiences are let in.
    public var nsfw = false
    /// How many days the first poll looks back.
    public var firstDays = 2
    /// Listing pages of 100 that one poll reads for each of its passes.
    public var pages = 30
    /// Repositories whose files one poll looks at.
    public var describe = 150
    /// GGUF headers that are read of one repository; the other quantizations are judged by their size.
    public var headers = 4
    /// Known repositories that one poll looks at again.
    public var recheck = 20
  }
  /// The weights of the score that says which family is worth a look.
  public struct Rank: Sendable, Equatable {
    /// The hub's trending score.
    public var trending = 3.0
    /// Likes.
    public var likes = 2.0
    /// Downloads.
    public var downloads = 1.0
    /// The author's record.
    public var author = 1.5
    /// A new base, not the tenth merge.
    public var novelty = 2.0
    /// Whether it fits the card.
    public var fit = 2.0
    /// A followed author.
    public var follow = 4.0
  }
  /// The card that models have to fit.
  public struct Device: Sendable, Equatable {
    /// Its memory in GiB; 0 detects the card.
    public var vram = 0.0
    /// A card's name from the built-in list, instead of `vram`.
    public var gpu = ""
    /// The wanted context length in tokens.
    public var context = 4096
    /// Type of the KV cache: f16, q8_0 or q4_0.
    public var kv = "f16"
    /// Physical batch in tokens.
    public var batch = 512
    /// Whether flash attention is used.
    public var flashAttention = true
  }
  /// One device of several that `fit` shows side by side: exactly one of `gpu`, `vram` and `isLocal` says which.
  public struct NamedDevice: Sendable, Equatable {
    /// For people: `rented A6000`.
    public var name = ""
    /// A card's name from the built-in list.
    public var gpu: String?
    /// Memory in GiB.
    public var vram: Double?
    /// Whether it is the card of this machine.
    public var isLocal = false
    /// Bandwidth of the memory in GB/s, where the list does not know it.
    public var bandwidth: Double?
    /// What an hour costs, in any currency; nil for one's own.
    public var price: Double?
  }
  /// What is fetched without being asked for, and how much of the disk and the line it may take.
  public struct Downloads: Sendable, Equatable {
    /// Whether `run` and `daemon` download fitting models by themselves.
    public var automatic = true
    /// Models that one cycle fetches at most.
    public var perCycle = 2
    /// Bytes that hubwatch's own downloads may take in all.
    public var quota = ByteCount(200_000_000_000)
    /// Bytes of the disk that stay free.
    public var reserve = DiskFloor.usual
    /// Bytes a second, by the time of day.
    public var limit = BandwidthTimetable.unlimited
    /// Whether models that hubwatch chose by itself may be deleted to make room for newer ones.
    public var evict = true
  }
  /// The smoke test.
  public struct Smoke: Sendable, Equatable {
    /// Whether `run` and `daemon` test what they fetched.
    public var automatic = true
    /// Threads; 0 takes every processor.
    public var threads = 0
    /// Seconds until a test is stopped.
    public var timeoutSeconds = 600
    /// Memory of the process that runs the model, beside the mapped files.
    public var memory = ByteCount(8 << 30)
    /// The socket of the service that runs models: a path, `auto`, or nothing for a child of its own.
    public var socket = automaticSocket

    /// Takes the usual socket where that is there and this user may use it.
    public static let automaticSocket = "auto"
  }
  /// Capability probes.
  public struct Probes: Sendable, Equatable {
    /// Whether `run` and `daemon` ask what passed the smoke test.
    public var automatic = true
    /// Seconds after which no question is begun.
    public var budgetSeconds = 300
    /// A file with more probes; empty for `probes.toml` beside the configuration.
    public var file = ""
  }
  /// The daemon.
  public struct Daemon: Sendable, Equatable {
    /// Seconds between the starts of two cycles.
    public var intervalSeconds = 3600
  }
  /// The page to look at.
  public struct Page: Sendable, Equatable {
    /// Whether the daemon serves it.
    public var enabled = false
    /// The port of this machine.
    public var port = 4870
  }
  /// Tools that run models, watched for new versions.
  public struct Tools: Sendable, Equatable {
    /// Whether they are watched.
    public var enabled = true
    /// Their git repositories.
    public var repositories = Tools.usual
    /// Seconds from one look at a repository to the next.
    public var intervalSeconds = 6 * 3600

    /// What people run quantized llama models with.
    static let usual = [
      "https://github.com/ggml-org/llama.cpp", "https://github.com/qwopqwop200/GPTQ-for-LLaMa",
      "https://github.com/turboderp-org/exllamav2", "https://github.com/turboderp-org/exllamav3",
      "https://github.com/vllm-project/vllm", "https://github.com/ollama/ollama",
      "https://github.com/LostRuins/koboldcpp", "https://github.com/oobabooga/text-generation-webui",
    ].compactMap { try? RemoteAddress($0) }
  }
  /// Log lines.
  public struct Log: Sendable, Equatable {
    /// debug, info, notice, warning or error.
    public var level = "notice"
    /// text or json.
    public var format = "text"
  }

  /// `[hub]`
  public var hub = Hub()
  /// `[network]`
  public var network = Network()
  /// `[watch]`
  public var watch = Watch()
  /// `[rank]`
  public var rank = Rank()
  /// `[device]`
  public var device = Device()
  /// `[[devices]]`
  public var devices: [NamedDevice] = []
  /// `[downloads]`
  public var downloads = Downloads()
  /// `[smoke]`
  public var smoke = Smoke()
  /// Capability probes.
  public var probes = Probes()
  /// `[daemon]`
  public var daemon = Daemon()
  /// `[page]`
  public var page = Page()
  /// `[tools]`
  public var tools = Tools()
  /// `[log]`
  public var log = Log()
  /// `[digest]`
  public var digest = Digest()

  /// The defaults.
  public init() {}
}
