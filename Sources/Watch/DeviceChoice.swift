import Domain
import Fit
import Foundation
import Settings

/// Which device models are judged against.
public enum DeviceChoice {
  /// The device of the configuration: `vram`, else `gpu`, else what this machine has, else main memory.
  ///
  /// - Throws: `DeviceError` when the named card is unknown, or nothing tells how much memory there is.
  public static func device(_ settings: Settings) async throws(DeviceError) -> Device {
    try await local(settings).device
  }

  /// The devices that models are judged against side by side, the cheapest first, and what could not be found out.
  ///
  /// - Throws: `DeviceError`.
  public static func devices(_ settings: Settings) async throws(DeviceError) -> (devices: [Device], notes: [String]) {
    guard !settings.devices.isEmpty else {
      let (device, notes) = try await local(settings)
      return ([device], notes)
    }
    var (devices, notes) = ([Device](), [String]())
    for stated in settings.devices {
      var device: Device
      if let gpu = stated.gpu {
        guard let known = Device.named(gpu) else { throw .unknownConfiguredCard(gpu) }
        device = known
      } else if let vram = stated.vram {
        device = .card(gibibytes: vram)
      } else {
        let found = try await local(settings)
        device = found.device
        notes += found.notes
      }
      device.name = stated.name
      device.price = stated.price
      if let bandwidth = stated.bandwidth {
        for index in device.cards.indices { device.cards[index].bandwidth = bandwidth }
      }
      devices.append(device)
    }
    devices.sort { ($0.price ?? 0, $0.total.bytes, $0.name) < ($1.price ?? 0, $1.total.bytes, $1.name) }
    return (devices, notes)
  }

  private static func local(_ settings: Settings) async throws(DeviceError) -> (device: Device, notes: [String]) {
    if settings.device.vram > 0 { return (.card(gibibytes: settings.device.vram), []) }
    if !settings.device.gpu.isEmpty {
      guard let device = Device.named(settings.device.gpu) else { throw .unknownConfiguredCard(settings.device.gpu) }
      return (device, [])
    }
    let found = await DeviceAnswer.visible(settings.smoke)
    if let cards = found.cards { return (cards, found.notes) }
    let detection = DeviceDetection(environment: ProcessInfo.processInfo.environment)
    guard let memory = detection.mainMemory() else { throw .noMemory }
    return (memory, found.notes)
  }

  /// A card of the built-in list, or several of one.
  public static func card(named name: String) throws(DeviceError) -> Device {
    guard let device = Device.named(name) else { throw .unknownCard(name) }
    return device
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
    case .unknownConfiguredCard(let name): "the configuration's gpu: no card is known by the name \"\(name)\""
    case .noMemory: "neither a card nor main memory could be measured"
    }
  }
  public var advice: String? {
    switch self {
    case .unknownCard(let name), .unknownConfiguredCard(let name):
      "the nearest are \(Card.suggestions(for: name).joined(separator: ", ")); or give its memory with --vram"
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
