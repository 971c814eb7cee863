import Foundation

/// Where things live, from the environment.
public struct Places: Sendable, Equatable {
  /// Database, journal and lock.
  public var state: String
  /// The Hugging Face cache (`…/hub`).
  public var cache: String
  /// The configuration file, which need not exist.
  public var configuration: String
  /// The file with the hub token, which need not exist.
  public var token: String

  /// The places that `environment` names; empty variables count as absent.
  ///
  /// State: `HUBWATCH_STATE`, `STATE_DIRECTORY` (systemd), `XDG_STATE_HOME/hubwatch`, `~/.local/state/hubwatch`.
  /// Cache: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME/hub`, `XDG_CACHE_HOME/huggingface/hub`,
  /// `~/.cache/huggingface/hub`. Configuration: `HUBWATCH_CONFIG`, `CONFIGURATION_DIRECTORY` (systemd),
  /// `XDG_CONFIG_HOME/hubwatch/config.toml`, `~/.config/hubwatch/config.toml`.
  public init(environment: [String: String]) {
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : Self.expanded($0, environment) }
    }
    /// systemd lists several folders with colons; the first is ours.
    func unitFolder(_ name: String) -> String? { value(name).map { String($0.prefix { $0 != ":" }) } }
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    state =
      value("HUBWATCH_STATE") ?? unitFolder("STATE_DIRECTORY")
      ?? (value("XDG_STATE_HOME") ?? "\(home)/.local/state") + "/hubwatch"
    cache =
      value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE") ?? value("HF_HOME").map { "\($0)/hub" }
      ?? (value("XDG_CACHE_HOME") ?? "\(home)/.cache") + "/huggingface/hub"
    let huggingFace = value("HF_HOME") ?? (value("XDG_CACHE_HOME") ?? "\(home)/.cache") + "/huggingface"
    token = value("HF_TOKEN_PATH") ?? "\(huggingFace)/token"
    configuration =
      value("HUBWATCH_CONFIG") ?? unitFolder("CONFIGURATION_DIRECTORY").map { "\($0)/config.toml" }
      ?? (value("XDG_CONFIG_HOME") ?? "\(home)/.config") + "/hubwatch/config.toml"
  }

  private static func expanded(_ path: String, _ environment: [String: String]) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
    return home + path.dropFirst()
  }
}
