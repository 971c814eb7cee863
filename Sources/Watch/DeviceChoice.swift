import Domain
import Fit
import Settings

/// Which device models are judged against.
public enum DeviceChoice {
  /// The device of the configuration: `vram`, else `gpu`, else the detected card with the most memory, else
  /// main memory.
  ///
  /// - Throws: `DeviceError` when the named card is unknown, or nothing tells how much memory there is.
  public static func device(_ settings: Settings.Device) async throws(DeviceError) -> Device {
    if settings.vram > 0 { return .card(gibibytes: settings.vram) }
    if !settings.gpu.isEmpty {
      guard let card = Card.named(settings.gpu) else { throw .unknownConfiguredCard(settings.gpu) }
      return card.device
    }
    if let largest = await DriverProbe.cards().max(by: { $0.free < $1.free }) { return largest }
    guard let memory = DriverProbe.mainMemory() else { throw .noMemory }
    return memory
  }

  /// The devices that models are judged against side by side, the cheapest first, and what could not be found out.
  ///
  /// - Throws: `DeviceError`.
  public static func devices(_ settings: Settings) async throws(DeviceError) -> (devices: [Device], notes: [String]) {
    ([try await device(settings.device)], [])
  }

  /// A card of the built-in list.
  public static func card(named name: String) throws(DeviceError) -> Device {
    guard let card = Card.named(name) else { throw .unknownCard(name) }
    return card.device
  }

  /// How models are to be used on it.
  public static func request(_ settings: Settings.Device) -> FitRequest {
    FitRequest(
      context: settings.context, kvType: KVCacheType(rawValue: settings.kv) ?? .f16, batch: settings.batch,
      flashAttention: settings.flashAttention)
  }
}

/// There is no device to judge against.
public enum DeviceError: ReportableError, Equatable {
  /// No card of the built-in list has this name.
  case unknownCard(String)
  /// The same, for the name in the configuration.
  case unknownConfiguredCard(String)
  /// Neither a card nor main memory could be measured.
  case noMemory

  public var problem: String {
    switch self {
    case .unknownCard(let name): "no card is known by the name \"\(name)\""
    case .unknownConfiguredCard(let name): "device.gpu: no card is known by the name \"\(name)\""
    case .noMemory: "neither a card nor main memory could be measured"
    }
  }
  public var advice: String? {
    switch self {
    case .unknownCard, .unknownConfiguredCard: "name one such as \"RTX 3080 12GB\", or give its memory with --vram"
    case .noMemory: "give the card's memory with --vram, or device.vram in the configuration"
    }
  }
  public var exitCode: ExitCode {
    switch self {
    case .unknownCard: .usage
    case .unknownConfiguredCard, .noMemory: .unusableSetup
    }
  }
}
