import Domain
import Foundation
import Glibc

/// What only the one who sends a digest needs: read when it is sent, so that nothing else depends on it.
public enum DeliverySecrets {
  /// The password of `digest.mail.user`: the credential `smtp-password`, else `HUBWATCH_SMTP_PASSWORD`, else the file
  /// `smtp-password` beside the configuration, which nobody else may read.
  ///
  /// - Returns: nil when there is none.
  /// - Throws: `SettingsError` for a file that cannot be read, or that others may read.
  public static func mailPassword(_ environment: [String: String]) throws(SettingsError) -> Secret? {
    try secret("smtp-password", variable: "HUBWATCH_SMTP_PASSWORD", environment)
  }

  /// The webhook's address: the credential `webhook-url`, else `HUBWATCH_WEBHOOK_URL`, else that of the configuration.
  ///
  /// - Throws: `SettingsError` for a text that is no such address.
  public static func webhookAddress(
    _ environment: [String: String], _ settings: Settings
  ) throws(SettingsError) -> WebhookAddress? {
    guard let secret = try secret("webhook-url", variable: "HUBWATCH_WEBHOOK_URL", environment) else {
      return settings.digest.webhook.address
    }
    guard let address = WebhookAddress(secret.revealed()) else {
      throw SettingsError(source: "webhook-url", "no https:// address without user and password")
    }
    return address
  }

  /// Whether everything is there that the ways of `settings` need.
  ///
  /// - Throws: `SettingsError` for the first that is missing, or cannot be used.
  public static func check(_ environment: [String: String], _ settings: Settings) throws(SettingsError) {
    let digest = settings.digest
    if digest.channels.contains(.mail), !digest.mail.user.isEmpty, try mailPassword(environment) == nil {
      throw SettingsError(
        source: "smtp-password",
        "digest.mail.user needs a password: as a credential, in HUBWATCH_SMTP_PASSWORD or in a file")
    }
    if digest.channels.contains(.mail), !digest.mail.sendmail.isEmpty, access(digest.mail.sendmail, X_OK) != 0 {
      throw SettingsError(source: digest.mail.sendmail, "digest.mail.sendmail cannot be run")
    }
    if digest.channels.contains(.webhook), try webhookAddress(environment, settings) == nil {
      throw SettingsError(
        source: "webhook-url", "\"webhook\" in digest.to needs digest.webhook.url, a credential or HUBWATCH_WEBHOOK_URL"
      )
    }
  }

  private static func secret(
    _ name: String, variable: String, _ environment: [String: String]
  ) throws(SettingsError) -> Secret? {
    if let folder = environment["CREDENTIALS_DIRECTORY"],
      let text = try LoadedSettings.read("\(folder)/\(name)", isRequired: false)
    {
      return Secret(text)
    }
    if let secret = environment[variable].flatMap(Secret.init) { return secret }
    let configuration = URL(fileURLWithPath: Places(environment: environment).configuration)
    let path = configuration.deletingLastPathComponent().appendingPathComponent(name).path
    guard let text = try LoadedSettings.read(path, isRequired: false) else { return nil }
    try LoadedSettings.checkMode(path)
    return Secret(text)
  }
}
