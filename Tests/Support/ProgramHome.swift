import Foundation

/// A person's folders for one test of the program: home, configuration, state and cache, and no other
/// environment.
public final class ProgramHome: Sendable {
  private let folder: TemporaryFolder
  private let endpoint: String

  /// A fresh home.
  ///
  /// - Parameters:
  ///   - endpoint: the hub's address.
  ///   - configuration: the text of the configuration file.
  public init(endpoint: String, configuration: String) throws {
    folder = try TemporaryFolder()
    self.endpoint = endpoint
    try FileManager.default.createDirectory(atPath: "\(folder.path)/home", withIntermediateDirectories: true)
    try write(configuration: configuration)
  }

  /// Replaces the configuration. The watch over tools, which asks the internet by default, is off unless the text has
  /// a table for it; and models as tiny as those of tests are let in.
  public func write(configuration: String) throws {
    var text = configuration
    if !text.contains("[tools]") { text += "\n[tools]\nenabled = false\n" }
    if !text.contains("[watch]") { text += "\n[watch]\nmin_parameters = \"0\"\n" }
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/config.toml"))
  }

  /// The state folder.
  public var state: String { "\(folder.path)/state" }
  /// The Hugging Face cache.
  public var cache: String { "\(folder.path)/cache/hub" }
  /// Where partial downloads lie.
  public var partial: String { "\(folder.path)/cache/hubwatch-partial" }

  /// All that the program sees of the world.
  public var environment: [String: String] {
    [
      "PATH": "/usr/bin:/bin", "HOME": "\(folder.path)/home", "HF_ENDPOINT": endpoint,
      "HUBWATCH_STATE": state,
      "HF_HUB_CACHE": cache, "HUBWATCH_CONFIG": "\(folder.path)/config.toml",
    ]
  }
}
