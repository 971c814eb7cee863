import Domain
import Foundation
import Glibc

/// Settings, places and token of one process: file, environment and defaults together.
public struct LoadedSettings: Sendable {
  /// The effective settings.
  public var settings: Settings
  /// Where things live.
  public var places: Places
  /// The hub token, when there is one.
  public var token: Secret?

  /// Reads and checks everything once.
  ///
  /// The endpoint comes from `HF_ENDPOINT`, else the file, else the default. The token comes from systemd's
  /// credential `hf-token`, else `HF_TOKEN`, else the file `HF_TOKEN_PATH`, `$HF_HOME/token` or
  /// `~/.cache/huggingface/token`, which nobody else may read. A missing configuration file means defaults, unless it was named by
  /// `HUBWATCH_CONFIG`.
  ///
  /// - Throws: `SettingsError` for an unusable file or variable.
  public init(environment: [String: String]) throws(SettingsError) {
    places = Places(environment: environment)
    let wasNamed = environment["HUBWATCH_CONFIG"].map { !$0.isEmpty } ?? false
    if let text = try Self.read(places.configuration, isRequired: wasNamed) {
      settings = try ConfigurationFile.settings(from: text, source: places.configuration)
    } else {
      settings = Settings()
    }
    if let endpoint = environment["HF_ENDPOINT"], !endpoint.isEmpty {
      guard let normalized = Endpoint.normalized(endpoint) else {
        throw SettingsError(source: "HF_ENDPOINT", "not an http or https address of a host")
      }
      settings.hub.endpoint = normalized
    }
    token = try Self.token(environment)
  }

  private static func token(_ environment: [String: String]) throws(SettingsError) -> Secret? {
    if let folder = environment["CREDENTIALS_DIRECTORY"],
      let text = try read("\(folder)/hf-token", isRequired: false)
    {
      return Secret(text)
    }
    for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
      if let token = environment[name].flatMap(Secret.init) { return token }
    }
    let path = Places(environment: environment).token
    guard let text = try read(path, isRequired: false) else { return nil }
    // systemd looks after its own credentials, by lists of access that a mode does not show.
    try checkMode(path)
    return Secret(text)
  }

  /// A secret that others may read is none.
  static func checkMode(_ path: String) throws(SettingsError) {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & 0o077 != 0 else { return }
    throw SettingsError(
      source: path,
      "others may use this secret (mode \(String(info.st_mode & 0o777, radix: 8))): chmod 600 \(path)")
  }

  static func read(_ path: String, isRequired: Bool) throws(SettingsError) -> String? {
    func failure(_ description: String) -> SettingsError {
      SettingsError(source: path, description)
    }
    guard FileManager.default.fileExists(atPath: path) else {
      guard isRequired else { return nil }
      throw failure("does not exist")
    }
    let bytes: Data
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      bytes = try handle.read(upToCount: ConfigurationFile.sizeLimit + 1) ?? Data()
      try handle.close()
    } catch {
      throw failure("cannot be read")
    }
    guard bytes.count <= ConfigurationFile.sizeLimit else { throw failure("larger than 1 MiB") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("not UTF-8 text") }
    return text
  }
}
