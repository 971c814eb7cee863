/// The files of systemd that belong to hubwatch, as they lie in the folder `systemd` of its source.
public enum UnitFiles {
  /// Units of the system, and the user and folders that they need.
  public static let system: [UnitFile] =
    units + [
      UnitFile(name: "hubwatch.conf", kind: .users, text: text(PackageResources.hubwatch_sysusers)),
      UnitFile(name: "hubwatch.conf", kind: .folders, text: text(PackageResources.hubwatch_tmpfiles)),
    ]

  /// Units of a person's own systemd.
  public static let user: [UnitFile] = units.compactMap(UserUnit.adapted)

  private static let units: [UnitFile] = [
    unit("hubwatch.service", PackageResources.hubwatch_service),
    unit("hubwatch-run.service", PackageResources.hubwatch_run_service),
    unit("hubwatch-run.timer", PackageResources.hubwatch_run_timer),
    unit("hubwatch-digest.service", PackageResources.hubwatch_digest_service),
    unit("hubwatch-digest.timer", PackageResources.hubwatch_digest_timer),
    unit("hubwatch-deliver.service", PackageResources.hubwatch_deliver_service),
    unit("hubwatch-failed@.service", PackageResources.hubwatch_failed__service),
    unit("hubwatch-scrub.service", PackageResources.hubwatch_scrub_service),
    unit("hubwatch-scrub.timer", PackageResources.hubwatch_scrub_timer),
    unit("hubwatch-smoke.socket", PackageResources.hubwatch_smoke_socket),
    unit("hubwatch-smoke@.service", PackageResources.hubwatch_smoke__service),
  ]

  private static func unit(_ name: String, _ bytes: [UInt8]) -> UnitFile {
    UnitFile(name: name, kind: .unit, text: text(bytes))
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
