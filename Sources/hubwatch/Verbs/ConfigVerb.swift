import ArgumentParser
import Console
import Domain
import Foundation
import Hub
import Settings
import Watch

/// Set-up of the configuration file.
struct ConfigVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Shows, checks and begins the configuration file.",
    subcommands: [Init.self, Show.self, Check.self])

  /// The documented file.
  struct Init: Verb {
    static let configuration = CommandConfiguration(
      commandName: "init", abstract: "Prints a configuration file with every key, its meaning and its default.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Write it to its place instead; an existing file is left alone.")
    var write = false

    func work() async throws -> Domain.ExitCode {
      let text = ConfigurationFile.documented()
      guard write else {
        try common.print(text, lineEnd: "")
        return .done
      }
      let path = Places(environment: common.environment).configuration
      do {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
      } catch {
        let exists = FileManager.default.fileExists(atPath: path)
        throw SettingsError(source: path, exists ? "exists already" : "cannot be written")
      }
      try common.print(path)
      return .done
    }
  }

  /// What is in force.
  struct Show: Verb {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Prints the settings in force, and where things live.")

    @OptionGroup var common: CommonOptions

    func work() async throws -> Domain.ExitCode {
      let loaded = try LoadedSettings(environment: common.environment)
      for key in SettingKey.all { try common.print("\(key.path) = \(key.render(loaded.settings))") }
      for (index, device) in loaded.settings.devices.enumerated() {
        for line in device.lines { try common.print("devices[\(index)].\(line)") }
      }
      try common.print("# configuration: \(loaded.places.configuration)")
      try common.print("# state: \(loaded.places.state)")
      try common.print("# cache: \(loaded.places.cache)")
      try common.print("# token: \(loaded.token == nil ? "none" : "set")")
      return .done
    }
  }

  /// Whether the file is right.
  struct Check: Verb {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Checks the configuration; 78 and every problem when it is wrong.")

    @OptionGroup var common: CommonOptions

    func work() async throws -> Domain.ExitCode {
      let loaded = try LoadedSettings(environment: common.environment)
      _ = try HubEndpoint(loaded.settings.hub.endpoint, allowsPrivate: loaded.settings.hub.allowPrivate)
      _ = try NetworkSetup.configuration(loaded.settings.network)
      try DeliverySecrets.check(common.environment, loaded.settings)
      if !loaded.settings.device.gpu.isEmpty { _ = try await DeviceChoice.device(loaded.settings) }
      if !loaded.settings.devices.isEmpty { _ = try await DeviceChoice.devices(loaded.settings) }
      let exists = FileManager.default.fileExists(atPath: loaded.places.configuration)
      try common.print("\(loaded.places.configuration): \(exists ? "right" : "absent, defaults are in force")")
      return .done
    }
  }
}
