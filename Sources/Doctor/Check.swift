/// One kind of trouble, or a few that are found in one place.
protocol Check: Sendable {
  /// A short name, for scripts: `disk-room`.
  var name: String { get }
  /// Looks, and changes nothing.
  func look(at setup: Setup) async -> [Finding]
}

/// Every check, those first on which the others rest.
enum Checks {
  static let all: [any Check] = [
    ConfigurationCheck(), ReloadCheck(), ProbeFileCheck(), CertificateCheck(),
    StateFolderCheck(), StateFileSystemCheck(), CatalogCheck(), LockCheck(), ClockCheck(),
    CacheFolderCheck(), DiskRoomCheck(), ModelsDiskCheck(), PartialFolderCheck(), QuotaCheck(), TemporaryFolderCheck(),
    TokenFileCheck(), TokenRefusedCheck(), GatedModelsCheck(), HubCheck(), GitCheck(),
    CardCheck(), DriverNodesCheck(), CardRightsCheck(), MainMemoryCheck(), WallsCheck(), OpenFilesCheck(),
    UnitsCheck(), SmokeSocketCheck(), LingerCheck(), DeliveryWaysCheck(), DeliveryCheck(),
    CopiesCheck(), EstimatesCheck(), CycleCheck(),
  ]
}
