import Domain
import Foundation
import HTTP
import Hub
import Settings

/// The settings of the network as the HTTP client takes them.
enum NetworkSetup {
  /// The client's configuration.
  ///
  /// - Throws: `SettingsError` when the file of certificate authorities cannot be read.
  static func configuration(_ settings: Settings.Network) throws(SettingsError) -> HTTPClient.Configuration {
    let file = settings.caFile
    if !file.isEmpty {
      let beginning = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
      guard let beginning else { throw SettingsError(source: file, "network.ca_file cannot be read") }
      guard beginning.contains("-----BEGIN CERTIFICATE-----") else {
        throw SettingsError(source: file, "network.ca_file holds no certificate in PEM form")
      }
    }
    return HTTPClient.Configuration(
      userAgent: HubClient.userAgent(version: Version.text), certificateAuthorityFile: file.isEmpty ? nil : file,
      proxy: settings.proxy?.address, proxyCredentials: settings.proxy?.credentials,
      proxyExceptions: settings.proxyExceptions.joined(separator: ","), addressFamily: addressFamily(settings))
  }

  /// Which addresses of a host are tried.
  static func addressFamily(_ settings: Settings.Network) -> HTTPClient.Configuration.AddressFamily {
    switch settings.addresses {
    case .auto: .any
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }
}
