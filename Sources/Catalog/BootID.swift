import Foundation

/// Tells one boot of the machine from another.
///
/// Bytes that a killed process wrote are still in the kernel's page cache; over a reboot only those count
/// that were synced.
public enum BootID {
  /// The kernel's random id of this boot; empty where there is none, which never equals a journal's.
  public static let current: String = {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }()
}
