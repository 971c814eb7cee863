import CLinux
import Glibc
import Settings

/// Keeps the token, passwords and the webhook's address inside of this process.
enum SecretGuard {
  /// From now on no core file of the process is written and no other program of its user may look into its memory,
  /// when it holds a secret.
  ///
  /// - Throws: `SettingsError` when the kernel does not allow it.
  static func raise(for loaded: LoadedSettings) throws(SettingsError) {
    let digest = loaded.settings.digest
    let sendsSecrets = !digest.mail.user.isEmpty || digest.channels.contains(.webhook)
    guard loaded.token != nil || loaded.settings.network.proxy?.credentials != nil || sendsSecrets else { return }
    let failure = hubwatch_hide_memory()
    guard failure == 0 else {
      throw SettingsError(source: "token", "its memory cannot be protected: \(String(cString: strerror(failure)))")
    }
  }
}
